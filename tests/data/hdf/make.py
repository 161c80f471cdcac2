"""Makes the NetCDF and HDF5 files that the tests read, and cases.json with what h5py, netCDF4 and xarray read from them.

Usage: python make.py [folder]      (needs h5py, netCDF4, numpy and xarray)
"""

import json
import sys
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import xarray as xr

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
NUMBERS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"]


def values(shape, dtype):
    n = int(np.prod(shape, dtype=np.int64))
    v = (np.arange(n, dtype=np.uint64) * np.uint64(2654435761) >> np.uint64(7)) & np.uint64(0xFFFFFFFF)
    return v.astype(dtype).reshape(shape)


def classic(path, format):
    with netCDF4.Dataset(path, "w", format=format) as f:
        f.title = "numbers"
        f.version = np.float32(1.5)
        f.createDimension("time", None)
        f.createDimension("y", 3)
        f.createDimension("x", 5)
        f.createDimension("letter", 4)
        dtypes = NUMBERS if "DATA" in format else ["i1", "i2", "i4", "f4", "f8"]
        for d in dtypes:
            f.createVariable(f"fixed_{d}", d, ("y", "x"))[...] = values((3, 5), d)
        # Records of several variables lie between each other; one is padded.
        for d in dtypes[:3] + ["f8"]:
            f.createVariable(f"record_{d}", d, ("time", "x"))[...] = values((4, 5), d)
        f.createVariable("odd", "i1", ("time", "y"))[...] = values((4, 3), "i1")
        f.createVariable("scalar", "f8", ())[...] = 2.5
        f.createVariable("words", "S1", ("y", "letter"))[...] = np.array([list("abcd")] * 3, dtype="S1")
        packed(f)


def packed(f):
    """Variables with what the conventions say of packing."""
    raw = np.array([[0, 1, -5, 100, -32767], [7, -1, 3, 4, 5], [-32767, 2, 2, 2, 9]], "i2")

    def put(name, data, fill=None, **attributes):
        v = f.createVariable(name, data.dtype, ("y", "x"), fill_value=fill)
        v.set_auto_maskandscale(False)
        v.setncatts(attributes)
        v[...] = data

    put("packed64", raw, np.int16(-32767), scale_factor=np.float64(0.01), add_offset=np.float64(273.15), units="K")
    put("packed32", raw, np.int16(-32767), scale_factor=np.float32(0.01), add_offset=np.float32(2.5))
    put("packed_int", raw.astype("i4"), np.int32(-32767), scale_factor=np.float32(0.5), add_offset=np.float32(1))
    put("scaled", raw, None, scale_factor=np.float32(0.1))
    put("shifted", raw, None, add_offset=np.float32(0.1))
    put("mixed", raw, None, scale_factor=np.float32(0.1), add_offset=np.float64(3))
    put("filled_i2", raw, np.int16(-32767))
    put("filled_i4", raw.astype("i4"), np.int32(-32767), missing_value=np.int32(2))
    put("filled_f4", raw.astype("f4"), np.float32(-32767), units="m")
    put("filled_f8", raw.astype("f8"), None, missing_value=np.float64(1e20))
    put("missing_double", raw.astype("f4"), None, missing_value=np.float64(0.1))
    put("nan_fill", raw.astype("f4"), np.float32("nan"))
    put("unsigned", raw.astype("i1"), np.int8(-1), _Unsigned="true", scale_factor=np.float64(0.5))
    put("unsigned_plain", raw.astype("i1"), None, _Unsigned="true")
    put("plain", raw, None, units="1")


def nc4(path):
    with netCDF4.Dataset(path, "w") as f:
        f.title = "numbers"
        f.createDimension("time", None)
        f.createDimension("y", 3)
        f.createDimension("x", 5)
        f.createDimension("nowhere", 2)
        for d in NUMBERS:
            f.createVariable(f"zipped_{d}", d, ("time", "x"), zlib=True, shuffle=True, chunksizes=(3, 2))[...] = values((7, 5), d)
        # Shorter than the time axis: the rest is the fill value.
        f.createVariable("short", "i4", ("time",), fill_value=-9)[0:3] = values((3,), "i4")
        f.createVariable("x", "f8", ("x",))[...] = values((5,), "f8")
        f.createVariable("sum", "f4", ("y", "x"), fletcher32=True, zlib=True)[...] = values((3, 5), "f4")
        f.createVariable("big", "i4", ("y", "x"), endian="big")[...] = values((3, 5), "i4")
        f.createVariable("words", str, ("y",))[...] = np.array(["a", "bc", ""], dtype=object)
        kind = f.createEnumType(np.uint8, "kind", {"water": 0, "land": 3})
        f.createVariable("kinds", kind, ("x",))[...] = np.array([0, 3, 3, 0, 3], "u1")
        g = f.createGroup("forecast").createGroup("deep")
        g.createVariable("t", "f4", ("time", "y"), chunksizes=(2, 3))[...] = values((7, 3), "f4")
        packed(f)


def hdf5(path, libver):
    with h5py.File(path, "w", libver=libver) as f:
        f.attrs["title"] = "numbers"
        for d in NUMBERS:
            f[f"contiguous/{d}"] = values((5, 7), d)
        g = f.create_group("chunked/deep")
        whole = values((9, 11), "<i4")
        g.create_dataset("plain", data=whole, chunks=(4, 3))
        g.create_dataset("gzip", data=whole, chunks=(4, 3), compression="gzip", shuffle=True)
        g.create_dataset("sum", data=whole, chunks=(4, 3), fletcher32=True)
        g.create_dataset("scaleoffset", data=values((9, 11), "<u2"), chunks=(4, 3), scaleoffset=0)
        g.create_dataset("one", data=whole, chunks=(9, 11), compression="gzip")
        g.create_dataset("grows", data=whole, chunks=(4, 3), maxshape=(None, 11))
        g.create_dataset("grows_both", data=whole, chunks=(4, 3), maxshape=(None, None), compression="gzip")
        g.create_dataset("long", data=values((40,), "<f8"), chunks=(3,), maxshape=(None,))
        holes = g.create_dataset("holes", shape=(9, 11), dtype="<f4", chunks=(4, 3), fillvalue=-1.5)
        holes[4:6, 3:5] = 3
        g["plain"].attrs["units"] = "m"
        g["plain"].attrs["scale_factor"] = np.float32(0.5)
        g["plain"].attrs["list"] = np.array([1, 2, 3], "i8")
        f.create_dataset("big", data=values((5, 7), ">f8"))
        f.create_dataset("big_chunks", data=values((5, 7), ">i2"), chunks=(2, 2))
        f.create_dataset("bool", data=values((5, 7), "u4") % 3 == 0)
        f.create_dataset("bool_chunks", data=values((5, 7), "u4") % 3 == 0, chunks=(2, 4))
        f.create_dataset("enum", data=values((5,), "i4") % 4, dtype=h5py.enum_dtype({"a": 0, "b": 3}, basetype="i4"))
        f.create_dataset("never", shape=(3, 4), dtype="f8", fillvalue=2.5)
        f.create_dataset("scalar", data=np.float64(2.5))
        f.create_dataset("empty", shape=(0, 4), dtype="f4", maxshape=(None, 4), chunks=(2, 2))
        f.create_dataset("four", data=values((2, 3, 4, 5), "<u2"), chunks=(1, 2, 3, 2))
        f.create_dataset("no_half", data=values((5,), "u4").astype("f2"))
        f.create_dataset("no_lzf", data=whole, chunks=(4, 3), compression="lzf")
        f.create_dataset("no_text", data=np.array([b"ab", b"c"]))
        f.create_dataset("no_words", data=["ab", "c"], dtype=h5py.string_dtype())
        f.create_dataset("no_fields", data=np.zeros(2, [("a", "f4"), ("b", "i2")]))
        f.create_dataset("no_complex", data=np.zeros(2, "c16"))
        f["loop"] = h5py.SoftLink("/chunked")


def described(name, dtype, shape, chunks, data):
    little = np.ascontiguousarray(data).astype(np.dtype(data.dtype).newbyteorder("<"))
    return {
        "name": name,
        "dtype": np.dtype(dtype).name,
        "shape": list(shape),
        "chunks": None if chunks is None else list(chunks),
        "bytes": little.tobytes().hex(),
    }


def of_h5(path):
    out = []

    def visit(name, d):
        if isinstance(d, h5py.Dataset) and not name.split("/")[-1].startswith("no_"):
            out.append(described(name, d.dtype, d.shape, d.chunks, np.asarray(d[()])))

    with h5py.File(path) as f:
        f.visititems(visit)
    return out


def of_nc(path):
    out = []

    def walk(group, prefix):
        decoded = xr.open_dataset(path, engine="netcdf4", group=prefix or None, decode_times=False, mask_and_scale=True)
        for name, v in group.variables.items():
            v.set_auto_maskandscale(False)
            if v.dtype is str or v.dtype == "S1":
                continue
            chunks = v.chunking() if path.name.startswith("nc4") else "contiguous"
            case = described(prefix + name, v.dtype, v.shape, None if chunks == "contiguous" else chunks, np.asarray(v[...]))
            case["dimensions"] = list(v.dimensions)
            d = decoded[name]
            if name != "kinds":
                case["decoded_dtype"] = d.dtype.name
                case["decoded"] = np.ascontiguousarray(d.values).tobytes().hex()
            out.append(case)
        for name, g in group.groups.items():
            walk(g, f"{prefix}{name}/")

    with netCDF4.Dataset(path) as f:
        walk(f, "")
    return out


def large(path):
    """64 MiB in 8 chunks of one value each: what a benchmark unpacks, in a small file."""
    with h5py.File(path, "w", libver="latest") as f:
        v = np.arange(8, dtype="f8").reshape(2, 4).repeat(1024, axis=0).repeat(1024, axis=1)
        f.create_dataset("plates", data=v, chunks=(1024, 1024), compression="gzip", compression_opts=9, shuffle=True)


large(ROOT / "large.h5")
files = {}
for name, format in [("cdf1", "NETCDF3_CLASSIC"), ("cdf2", "NETCDF3_64BIT_OFFSET"), ("cdf5", "NETCDF3_64BIT_DATA")]:
    classic(ROOT / f"{name}.nc", format)
    files[f"{name}.nc"] = of_nc(ROOT / f"{name}.nc")
nc4(ROOT / "nc4.nc")
files["nc4.nc"] = of_nc(ROOT / "nc4.nc")
for name, libver in [("early", "earliest"), ("latest", "latest")]:
    hdf5(ROOT / f"{name}.h5", libver)
    files[f"{name}.h5"] = of_h5(ROOT / f"{name}.h5")
(ROOT / "cases.json").write_text(json.dumps(files, indent=None, separators=(",", ":")).replace('},{', '},\n{') + "\n")
