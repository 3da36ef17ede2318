"""The speed figures of docs/performance.md, each as a ratio to a named peer in the same run.

    python tools/bench.py [threads] [explain] [bulk] [online] [--households N]

Synthetic households throughout. Machines are shared and noisy: quote ratios and medians, not seconds.
"""

import argparse
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import lightgbm as lgb
import numpy as np
import pyarrow.parquet as pq
from online_load import CONNECTIONS, Figures, Target, measure

GRADUASI = [sys.executable, "-c", "from graduasi.commands.cli import main; main()"]
ROUNDS = 5


def main() -> None:
    """Run the parts asked for, all by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["threads", "explain", "bulk", "online"])
    parser.add_argument("--households", type=int, default=1_000_000)
    parser.add_argument("--dir", type=Path)
    options = parser.parse_args()
    folder = options.dir or Path(tempfile.mkdtemp(prefix="graduasi-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    if "threads" in options.parts:
        bench_threads()
    if "explain" in options.parts:
        bench_explain()
    if "bulk" in options.parts:
        bench_bulk(folder, options.households)
    if "online" in options.parts:
        bench_online(folder)


def bench_threads(rows: int = 15_000) -> None:
    """Two trainings at once, with threads that spin while they wait and with threads that sleep."""
    code = (
        "import numpy as np, lightgbm as lgb, time; rng = np.random.default_rng(0);"
        f"x = rng.normal(size=({rows}, 120)); y = (x[:, 0] + rng.normal(size={rows}) > 1).astype(float); t = time.perf_counter();"
        "lgb.train({'objective': 'binary', 'num_leaves': 7, 'verbosity': -1}, lgb.Dataset(x, y), 150); print(time.perf_counter() - t)"
    )
    for policy in ("ACTIVE", "PASSIVE"):
        environment = {**os.environ, "OMP_WAIT_POLICY": policy}
        pair = [
            subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        seconds = [float(process.communicate()[0]) for process in pair]
        print(f"threads: OMP_WAIT_POLICY={policy}: two trainings at once took {seconds[0]:.1f} and {seconds[1]:.1f} s")


def bench_explain(rows: int = 200_000) -> None:
    """The outcome tables against LightGBM's pred_contrib: same trees, same rows, one thread each, in turn."""
    from graduasi.readiness.shapley import TreeExplainer
    from graduasi.readiness.trees import parse_trees

    rng = np.random.default_rng(0)
    values = rng.normal(size=(rows, 60))
    values[:, 50:] = rng.integers(0, 8, size=(rows, 10))
    values[rng.random(values.shape) < 0.05] = np.nan
    signal_ = (
        np.nan_to_num(values[:, 0]) + 0.5 * np.nan_to_num(values[:, 1]) + (values[:, 50] == 3) + (values[:, 51] > 5)
    )
    y = (signal_ + rng.normal(size=rows) > 0.5).astype(float)
    settings = {
        "objective": "binary",
        "num_leaves": 7,
        "learning_rate": 0.05,
        "feature_fraction": 0.5,
        "lambda_l2": 5,
        "verbosity": -1,
    }
    booster = lgb.train(settings, lgb.Dataset(values, y, categorical_feature=list(range(50, 60))), 150)
    explainer = TreeExplainer(parse_trees(booster.model_to_string()), columns=60)
    peer_rows = values[:20_000]  # pred_contrib's time grows with the rows alone, so a tenth of them tells its rate
    ratios, ours, theirs = [], [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        found = explainer.contributions(values)
        ours.append(rows / (time.perf_counter() - started))
        started = time.perf_counter()
        expected = booster.predict(peer_rows, pred_contrib=True, num_threads=1)
        theirs.append(len(peer_rows) / (time.perf_counter() - started))
        ratios.append(ours[-1] / theirs[-1])
    difference = np.abs(found[: len(peer_rows)] - expected[:, :-1]).max()
    print(
        f"explain: {median(ours):,.0f} rows/s against pred_contrib {median(theirs):,.0f} rows/s, one thread each, {ROUNDS} rounds in turn"
    )
    print(
        f"         ratio median {median(ratios):.1f} (min {min(ratios):.1f}, max {max(ratios):.1f}); largest difference {difference:.1e}"
    )


def make_model(folder: Path) -> Path:
    """A bundle trained on a small synthetic programme, made once a folder."""
    bundle = folder / "run" / "bundle"
    if not bundle.exists():
        sim = folder / "programme"
        run(["simulate", str(sim), "--households", "4000", "--seed", "7"])
        rules = ["--dictionary", str(sim / "dictionary.toml"), "--programme", str(sim / "programme.toml")]
        events = ["--events", str(sim / "events.parquet")]
        store = f"sqlite:///{folder / 'mlflow.db'}"
        run(
            [
                "train",
                str(sim / "households.parquet"),
                *events,
                *rules,
                "--out",
                str(folder / "run"),
                "--tracking-uri",
                store,
            ]
        )
    return bundle


def run(arguments: list[str]) -> tuple[float, float]:
    """One graduasi command as a whole process: seconds, and peak memory in MiB (the largest single process so far)."""
    started = time.perf_counter()
    subprocess.run([*GRADUASI, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def bench_bulk(folder: Path, households: int) -> None:
    """`graduasi score` as a whole process, Parquet to Parquet with five reasons; beside it shap in batches."""
    bundle = make_model(folder)
    for count in sorted({households // 5, households}):
        panel = folder / f"panel-{count}"
        if not panel.exists():
            run(["simulate", str(panel), "--households", str(count), "--quarters", "1", "--seed", "1"])
        # A process of its own, so that its peak memory is not that of a command before it.
        code = "import sys; sys.path.insert(0, 'tools'); from bench import run; print(*run(sys.argv[1:]))"
        command = [
            "score",
            str(panel / "households.parquet"),
            str(folder / "scores.parquet"),
            "--model",
            str(bundle),
            "--reasons",
            "5",
        ]
        done = subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True)
        seconds, memory = (float(part) for part in done.stdout.split())
        scored = pq.read_metadata(folder / "scores.parquet").num_rows
        print(
            f"bulk:    {scored:,} households in {seconds:.1f} s, start-up included: {scored / seconds:,.0f} households/s, peak {memory:,.0f} MiB"
        )
    bench_shap(bundle, folder / f"panel-{households}" / "households.parquet")


def bench_shap(bundle: Path, panel: Path, rows: int = 50_000) -> None:
    """shap.TreeExplainer on the trees of the same bundle, features built beforehand, in batches of 10,000."""
    import shap

    from graduasi.bundle import load_bundle
    from graduasi.panel.files import read_batches
    from graduasi.panel.table_contract import check_panel
    from graduasi.readiness.features import build_features

    made = load_bundle(bundle)
    if made.model.trees is None:
        print("         the chosen model has no trees, so shap has nothing to explain")
        return
    table, _ = check_panel(next(iter(read_batches(panel, rows=rows))), made.dictionary)
    day = int(table.known_on.max())
    features = build_features(table, table.latest_known(day), as_of=day, declarations=made.declarations)
    values = made.model.preparation.for_trees(features.values)
    explainer = shap.TreeExplainer(lgb.Booster(model_str=made.model.trees))
    started = time.perf_counter()
    for start in range(0, len(values), 10_000):
        explainer.shap_values(values[start : start + 10_000])
    print(
        f"         shap.TreeExplainer alone, in memory, same trees, all threads: {len(values) / (time.perf_counter() - started):,.0f} households/s"
    )


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def bench_online(folder: Path) -> None:
    """One household a request: this service with validation and five reasons, against `mlflow models serve` without."""
    bundle = make_model(folder)
    ours, theirs = start_service(folder, bundle), start_mlflow(folder, bundle)
    try:
        ratios, costs = [], []
        for _ in range(ROUNDS):
            first, our_cpu = ours.measured()
            second, their_cpu = theirs.measured()
            ratios.append(first.per_second / second.per_second)
            costs.append(their_cpu / our_cpu)
            print(
                f"online:  graduasi {first}, {our_cpu:.2f} ms of CPU  |  mlflow models serve {second}, {their_cpu:.2f} ms"
            )
        print(
            f"         ratio median {median(ratios):.1f} (min {min(ratios):.1f}, max {max(ratios):.1f}); 2 workers, {CONNECTIONS} connections, one client process"
        )
        print(
            f"         CPU a request on the server: ratio median {median(costs):.1f} (min {min(costs):.1f}, max {max(costs):.1f})"
        )
    finally:
        ours.stop()
        theirs.stop()


def _stat(path: Path) -> list[str]:
    """A process's figures after its name; none for one that ended meanwhile."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except OSError:
        return []


class Running:
    """A server and where to send requests."""

    def __init__(self, process: "subprocess.Popen[bytes]", target: Target) -> None:
        self.process, self.target = process, target

    def measured(self) -> tuple[Figures, float]:
        """What a load measures, and the milliseconds of processor time that a request took on the server."""
        before = self._cpu_seconds()
        figures = measure(self.target)
        return figures, 1000 * (self._cpu_seconds() - before) / figures.answered

    def _cpu_seconds(self) -> float:
        """Of the server and its workers, which share a process group (Linux)."""
        lines = [_stat(path) for path in Path("/proc").glob("[0-9]*/stat")]
        ticks = sum(int(line[11]) + int(line[12]) for line in lines if line and int(line[2]) == self.process.pid)
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End the server and the workers it started."""
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(30)


def start_service(folder: Path, bundle: Path) -> Running:
    """`graduasi serve` with two workers, and a request of one complete household."""
    environment = {
        **os.environ,
        "GRADUASI_DATABASE_URL": f"sqlite:///{folder / 'service.db'}",
        "GRADUASI_MODEL": str(bundle),
    }
    subprocess.run(
        [*GRADUASI, "db", "upgrade"], env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    add = [*GRADUASI, "client", "add", f"bench-{time.time_ns()}", "--scope", "score:write", "--json"]
    client = json.loads(subprocess.run(add, env=environment, check=True, capture_output=True, text=True).stdout)
    port = free_port()
    with (folder / "service.log").open("w") as log:
        command = [*GRADUASI, "serve", "--port", str(port), "--workers", "2"]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    target = Target(port, "/v1/scores", one_household(folder))
    target.wait("/health/ready")
    return Running(process, target.with_token(client))


def one_household(folder: Path) -> bytes:
    """A request of one household of the synthetic programme, as a case-management system sends it."""
    row = pq.read_table(folder / "programme" / "households.parquet").slice(0, 1).to_pylist()[0]
    keys = ("household_id", "as_of", "known_on", "mentor_id", "area_code")
    item = {"household_id": row["household_id"], "as_of": str(row["as_of"]), "scored_on": str(row["as_of"])}
    fields = {
        name: str(value) if hasattr(value, "isoformat") else value for name, value in row.items() if name not in keys
    }
    return json.dumps({"households": [{**item, "fields": fields}]}).encode()


def start_mlflow(folder: Path, bundle: Path) -> Running:
    """`mlflow models serve` of the same booster with two workers; it answers a margin, without reasons."""
    import mlflow

    columns = json.loads((bundle / "model.json").read_text())
    width = len(columns["features"]) + sum(columns["preparation"]["indicated"])
    saved = folder / "booster"
    if not saved.exists():
        booster = lgb.Booster(model_str=(bundle / "trees.txt").read_text())
        mlflow.lightgbm.save_model(booster, str(saved), pip_requirements=["lightgbm"])
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "mlflow",
        "models",
        "serve",
        "-m",
        str(saved),
        "-p",
        str(port),
        "-w",
        "2",
        "--env-manager",
        "local",
    ]
    path = str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"]
    with (folder / "peer.log").open("w") as log:
        environment = {**os.environ, "PATH": path, "MLFLOW_DISABLE_TELEMETRY": "true"}
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    body = json.dumps(
        {"dataframe_split": {"columns": [f"Column_{i}" for i in range(width)], "data": [[0.0] * width]}}
    ).encode()
    target = Target(port, "/invocations", body)
    target.wait("/ping")
    return Running(process, target)


if __name__ == "__main__":
    main()
