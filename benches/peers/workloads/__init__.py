"""One module per workload; each has `build(context)`, a list of workloads."""
