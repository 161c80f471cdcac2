"""NDVI under a kernel-enforced memory limit: it finishes, and gives what it gives without a limit."""

from contest import Call, Contender, MIB, TILEWORK, Workload

from workloads.ndvi import scene_input, tilework
from workloads.shared import finished


def _one(context, size, limit, budget):
    scene = scene_input(context, size)
    free, capped = context.out / f"cap-free-{size}.tif", context.out / f"cap-{size}.tif"
    unlimited = "tilework, no limit"

    return Workload(
        name=f"cap_ndvi_{size}",
        title=f"NDVI {size}² in a control group of {limit // MIB} MiB",
        inputs=[scene],
        rounds=1,
        reference=unlimited,
        verify=Call("verify", "raster", {"tolerance": 0.0}),
        contenders=[
            Contender(unlimited, [tilework(context, scene.path, free)], free, counts=False, wall_only=True),
            Contender(
                TILEWORK, [tilework(context, scene.path, capped, "--memory", str(budget))], capped, limit_bytes=limit, wall_only=True
            ),
        ],
        limits=[("memory", finished(limit))],
    )


def build(context):
    if context.quick:
        return [_one(context, 4096, 256 * MIB, 150 * MIB)]
    return [_one(context, 16384, 512 * MIB, 400 * MIB), _one(context, 40960, 1024 * MIB, 800 * MIB)]
