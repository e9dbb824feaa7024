"""One measurement of PyTorch in a process of its own; started by peer.py."""

import json
import resource
import sys
import time

import torch


def main():
    with open(sys.argv[1]) as file:
        asked = json.load(file)
    options, report = asked["options"], asked["report"]
    torch.set_num_threads(options["threads"])
    device, dtype = torch.device(options["device"]), getattr(torch, options["dtype"])
    with torch.inference_mode():
        print(json.dumps(answer(options, report, device, dtype)))


def answer(options, report, device, dtype):
    what = options["what"]
    if what == "paint":
        import paint

        start = time.perf_counter(), time.process_time()
        paint.run(options)
        wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
        return {"wall_ms": wall * 1e3, "cpu_ms": cpu * 1e3}
    if what == "kernels":
        import kernels
        from timing import measure

        found = []
        for one in report["measurements"]:
            if "op" in one:
                precision = torch.float32 if one["precision"] == "f32" else dtype
                work = kernels.work(one, device, precision)
                found.append({"name": one["name"]} | measure(work, device, options["seconds"]))
        return {"measurements": found}
    import networks

    if what == "decode":
        found = networks.decode(report, options, device)
    else:
        found = networks.step(report, options, device, dtype)
    return {"measurements": [one | memory(device) for one in found]}


def memory(device):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    on_device = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None
    return {"peak_memory_bytes": peak, "peak_device_memory_bytes": on_device}


if __name__ == "__main__":
    main()
