"""What the build folder knows (compiler, flags, programs) and what compiling against the library costs."""

import os
import re
import subprocess
from pathlib import Path
from statistics import median

from driver.rows import Row, judge, quotient


class Build:
    """build/release, configured by CMake with Makefiles."""

    def __init__(self, root, folder):
        self.root, self.folder = root, folder
        self.programs = folder / "benchmarks"
        cache = folder / "CMakeCache.txt"
        text = cache.read_text() if cache.exists() else ""
        self.cached = dict(re.findall(r"^(\w+):\w+=(.+)$", text, re.MULTILINE))
        self.compiler = self.cached.get("CMAKE_CXX_COMPILER", "c++")
        made = self.programs / "CMakeFiles/step.dir/flags.make"
        text = made.read_text() if made.exists() else ""
        self.flags, self.includes = (next(iter(re.findall(rf"^{name} = (.*)$", text, re.MULTILINE)), "").strip()
                                     for name in ("CXX_FLAGS", "CXX_INCLUDES"))

    def program(self, name):
        return self.programs / name

    def versions(self):
        """Of the libraries that CMake found, from their package files; oneDNN's from its header."""
        found = {}
        for name, package in [("Eigen", "Eigen3"), ("OpenBLAS", "OpenBLAS"), ("Google Benchmark", "benchmark")]:
            file = Path(self.cached.get(f"{package}_DIR", "")) / f"{package}ConfigVersion.cmake"
            version = re.search(r'PACKAGE_VERSION "([\d.]+)"', file.read_text()) if file.is_file() else None
            if version:
                found[name] = version[1]
        header = Path(self.cached.get("ONEDNN_INCLUDE_DIR", "")) / "oneapi/dnnl/dnnl_version.h"
        if header.is_file():
            numbers = re.findall(r"define DNNL_VERSION_(?:MAJOR|MINOR|PATCH)\s+(\d+)", header.read_text())
            found["oneDNN"] = ".".join(numbers)
        return found


def cost(command, folder):
    """(user seconds, peak memory in MB) of a command and what it starts."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read().decode(errors="replace")
    process.stderr.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {errors.strip()[:300]}")
    return usage.ru_utime, usage.ru_maxrss * 1024 / 1e6


def stripped_kb(build, object_file, libraries=()):
    program = object_file.with_suffix(".stripped")
    cost([build.compiler, "-s", object_file, *libraries, "-o", program], object_file.parent)
    return program.stat().st_size / 1e3


def measure(build, scratch, times=5):
    """Rows of the compile table. Each round compiles every program once."""
    scratch.mkdir(parents=True, exist_ok=True)
    hello = build.root / "benchmarks/compile/hello_mlp.cpp"
    quickstart = build.root / "examples/quickstart.cpp"
    table_kb = (build.root / "data/breast_cancer.csv").stat().st_size / 1e3  # which that program embeds
    core, umbrella = scratch / "core.cpp", scratch / "umbrella.cpp"
    core.write_text("#include <Eigen/Core>\n")
    umbrella.write_text("#include <eigengrad/eigengrad.hpp>\n")
    includes = build.includes.split() or [f"-I{build.root / 'include'}", "-isystem", "/usr/include/eigen3"]
    base = [build.compiler, "-std=c++20", *includes]
    commands = {
        "core": [*base, "-O2", "-c", core],
        "umbrella": [*base, "-O2", "-c", umbrella],
        "hello": [*base, "-O2", "-c", hello],
        "hello3": [*base, "-O3", "-march=native", "-c", hello],
        # With the instruction set that the library was built for.
        "compiled": [*base, "-O2", "-march=native", "-DEIGENGRAD_COMPILED", "-c", hello],
        "quickstart": [*base, "-O2", "-c", quickstart],
        "quickstart_compiled": [*base, "-O2", "-march=native", "-DEIGENGRAD_COMPILED", "-c", quickstart],
    }
    library = build.folder / "libeigengrad_compiled.a"
    if not library.exists():
        del commands["compiled"], commands["quickstart_compiled"]
    runs = {name: [] for name in commands}
    objects = {name: scratch / f"{name}.o" for name in commands}
    for _ in range(times):
        for name, command in commands.items():
            runs[name].append(cost([*command, "-o", objects[name]], scratch))
    seconds = {name: [run[0] for run in runs[name]] for name in runs}
    memory = {name: min(run[1] for run in runs[name]) for name in runs}

    def single(name, unit, value, bound=None):
        return judge(Row("compile", name, "", unit, "<=", ours=value, target=("<=", bound) if bound else None))

    def timed(name, program, bound=None):
        return single(name, "s", min(seconds[program]), bound).note(f"median {median(seconds[program]):.2f} s")

    def against_core(name, unit, ours, other, bound):
        row = Row("compile", name, "`<Eigen/Core>`", unit, "<=", ours, other, quotient(ours, other, "<="))
        return [row, single(f"{name}, beyond `<Eigen/Core>`", unit, ours - other, bound)]

    rows = [
        *against_core("umbrella header, -O2", "s", min(seconds["umbrella"]), min(seconds["core"]), 0.6),
        *against_core("umbrella header, -O2", "MB", memory["umbrella"], memory["core"], 60),
        timed("hello-MLP, -O2", "hello", 2.5).note(f"{min(seconds['hello']) / min(seconds['core']):.2f} x "
                                                   "`<Eigen/Core>` alone"),
        single("hello-MLP, -O2", "MB", memory["hello"], 300),
        single("hello-MLP, -O2, stripped", "KB", stripped_kb(build, objects["hello"]), 80),
        timed("hello-MLP, -O3 -march=native", "hello3", 3.5),
    ]
    if library.exists():
        rows.append(timed("hello-MLP, -O2, against eigengrad::compiled", "compiled", 1.2))
    else:
        rows.append(single("hello-MLP, -O2, against eigengrad::compiled", "s", None, 1.2)
                    .note("missing: eigengrad::compiled is not built"))
    rows += [
        timed("examples/quickstart.cpp, -O2", "quickstart"),
        single("examples/quickstart.cpp, -O2", "MB", memory["quickstart"]),
        single(f"the same stripped, without the table of {table_kb:.0f} KB that it embeds", "KB",
               stripped_kb(build, objects["quickstart"]) - table_kb),
    ]
    if library.exists():
        rows.append(timed("examples/quickstart.cpp, -O2, against eigengrad::compiled", "quickstart_compiled"))
    return rows
