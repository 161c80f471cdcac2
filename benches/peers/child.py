"""Calls one function in this process and prints what it returns as one JSON line: `child.py module function {json}`."""

import importlib
import json
import pathlib
import sys

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
    module, function, arguments = sys.argv[1:4]
    answer = getattr(importlib.import_module(module), function)(**json.loads(arguments))
    print(json.dumps(answer or {}))
