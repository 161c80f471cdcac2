"""The price of a task: `tasks_1m_wide` and `tasks_1m_tree` on threads, `tasks_remote` on two worker processes.

A wide graph is n independent additions whose results are summed by one task; a tree adds n numbers pairwise. Peers may do
fewer tasks, so times are compared per task. Making the peers' graphs is not timed.
Tilework's side: `tilework-bench tasks_wide|tasks_tree --tasks N --threads T`, `tilework-bench tasks_remote --tasks N --workers 2`,
each printing {"seconds", "value"}. Leaf i adds 1 to i and the value is the mean of the leaves' results (one final task adds them
up, or the tree does). `--tasks N` means N leaves, except for the tree: N/2 leaves and N/2 - 1 additions.
"""

from contest import Call, Contender, TILEWORK, Workload, close

ME = "workloads.tasks"


def add_one(x):
    return x + 1


def _pair(a, b):
    return a + b


def dask_wide(tasks, threads):
    """n tasks and one that adds their results, by dask's threaded scheduler."""
    import time

    import dask.threaded
    from dask._task_spec import List, Task, TaskRef

    graph = {("t", i): Task(("t", i), add_one, i) for i in range(tasks)}
    graph["sum"] = Task("sum", sum, List(*(TaskRef(("t", i)) for i in range(tasks))))
    start = time.perf_counter()
    total = dask.threaded.get(graph, "sum", num_workers=threads)
    return {"seconds": time.perf_counter() - start, "value": total / tasks}


def dask_tree(tasks, threads):
    """A binary tree of pairwise additions over `tasks` leaves."""
    import time

    import dask.threaded
    from dask._task_spec import Task, TaskRef

    graph = {("t", i): Task(("t", i), add_one, i) for i in range(tasks)}
    level, keys = 0, list(graph)
    while len(keys) > 1:
        level += 1
        pairs = {(level, i): (keys[i], keys[i + 1]) for i in range(0, len(keys) - 1, 2)}
        for key, (a, b) in pairs.items():
            graph[key] = Task(key, _pair, TaskRef(a), TaskRef(b))
        keys = list(pairs) + ([keys[-1]] if len(keys) % 2 else [])
    start = time.perf_counter()
    total = dask.threaded.get(graph, keys[0], num_workers=threads)
    return {"seconds": time.perf_counter() - start, "value": total / tasks}


def distributed_map(tasks, workers):
    """client.map and gather on a LocalCluster of single-threaded processes, with the settings that suit tiny tasks best."""
    import time

    import dask
    from distributed import Client, LocalCluster

    dask.config.set({
        "distributed.scheduler.worker-saturation": float("inf"),
        "distributed.scheduler.work-stealing": False,
        "distributed.worker.profile.enabled": False,
    })
    with LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            client.gather(client.map(add_one, range(-100, 0)))
            start = time.perf_counter()
            total = sum(client.gather(client.map(add_one, range(tasks), batch_size=1000)))
            seconds = time.perf_counter() - start
    return {"seconds": seconds, "value": total / tasks}


def frisky_map(tasks, workers):
    """The same with frisky."""
    import time

    import frisky

    with frisky.LocalCluster(n_workers=workers, threads_per_worker=1, processes=True) as cluster:
        with cluster.get_client() as client:
            client.gather(client.map(add_one, range(-100, 0)))
            start = time.perf_counter()
            total = sum(client.gather(client.map(add_one, range(tasks))))
            seconds = time.perf_counter() - start
    return {"seconds": seconds, "value": total / tasks}


def _mean_of(tasks):
    """The mean of i + 1 over i below `tasks`."""
    return (tasks + 1) / 2


def _check(by_value):
    def check(value, _reference):
        if any(close(1e-12)(value, expected) is None for expected in by_value):
            return None
        return f"{value!r} is not the mean of the results"

    return check


def build(context):
    ours, theirs = context.pick(1_000_000, 20_000), context.pick(100_000, 5_000)
    workloads = []
    for shape in ("wide", "tree"):
        # A tree has twice the tasks of its leaves.
        factor = 2 if shape == "tree" else 1
        mine = [context.tilework_bench, f"tasks_{shape}", "--tasks", str(ours), "--threads", str(context.threads)]
        peer = Call(ME, f"dask_{shape}", dict(tasks=theirs // factor, threads=context.threads))
        workloads.append(Workload(
            name=f"tasks_1m_{shape}",
            title=f"{ours:,} trivial tasks on threads, {shape}",
            per_unit=True,
            check_value=_check([_mean_of(ours // factor), _mean_of(theirs // factor)]),
            contenders=[Contender("dask, threads", [peer], work=theirs), Contender(TILEWORK, [mine], work=ours)],
        ))
    ours, dask, frisky = context.pick(100_000, 5_000), context.pick(20_000, 1_000), context.pick(100_000, 5_000)
    workloads.append(Workload(
        name="tasks_remote",
        title=f"{ours:,} trivial tasks on two worker processes",
        per_unit=True,
        check_value=_check([_mean_of(ours), _mean_of(dask), _mean_of(frisky)]),
        contenders=[
            Contender("dask.distributed", [Call(ME, "distributed_map", dict(tasks=dask, workers=2))], work=dask),
            Contender("frisky", [Call(ME, "frisky_map", dict(tasks=frisky, workers=2))], work=frisky),
            Contender(TILEWORK, [[context.tilework_bench, "tasks_remote", "--tasks", str(ours), "--workers", "2"]], work=ours),
        ],
    ))
    return workloads
