"""Measures the speed figures of docs/performance.md, each as a ratio to a named peer in the same run.

    python -m tools.bench [threads] [explain] [bulk] [online] [--households N] [--dir FOLDER]

All households are synthetic. Machines are shared and noisy: quote ratios and medians, not seconds.
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
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from tools.online_load import CONNECTIONS, LoadFigures, Target, measure_load

GRADUASI = [sys.executable, "-c", "from graduasi.commands.cli import main; main()"]
ROUNDS = 5


def main() -> None:
    """Run the parts named on the command line, or all four."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["threads", "explain", "bulk", "online"])
    parser.add_argument("--households", type=int, default=1_000_000)
    parser.add_argument("--dir", type=Path, help="keeps the model and the panels for the next run")
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
    """Two trainings at once, first with threads that spin while they wait, then with threads that sleep."""
    training = (
        "import numpy as np, lightgbm as lgb, time; rng = np.random.default_rng(0);"
        f"x = rng.normal(size=({rows}, 120)); y = (x[:, 0] + rng.normal(size={rows}) > 1).astype(float); t = time.perf_counter();"
        "lgb.train({'objective': 'binary', 'num_leaves': 7, 'verbosity': -1}, lgb.Dataset(x, y), 150); print(time.perf_counter() - t)"
    )
    for policy in ("ACTIVE", "PASSIVE"):
        environment = {**os.environ, "OMP_WAIT_POLICY": policy}
        processes = [
            subprocess.Popen([sys.executable, "-c", training], env=environment, stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        seconds = [float(process.communicate()[0]) for process in processes]
        print(f"threads: OMP_WAIT_POLICY={policy}: two trainings at once took {seconds[0]:.1f} and {seconds[1]:.1f} s")


def bench_explain(rows: int = 200_000) -> None:
    """The core's contributions against LightGBM's pred_contrib: same trees, one thread each, in turn."""
    from graduasi.readiness.shapley import TreeExplainer
    from graduasi.readiness.trees import parse_trees

    values, booster = train_booster(rows)
    explainer = TreeExplainer(parse_trees(booster.model_to_string()), columns=values.shape[1])
    peer_rows = values[:20_000]  # pred_contrib takes as long for every row, so a tenth of the rows is enough
    rates, peer_rates, ratios = [], [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        contributions = explainer.contributions(values)
        rates.append(rows / (time.perf_counter() - started))
        started = time.perf_counter()
        expected = np.asarray(booster.predict(peer_rows, pred_contrib=True, num_threads=1))
        peer_rates.append(len(peer_rows) / (time.perf_counter() - started))
        ratios.append(rates[-1] / peer_rates[-1])
    difference = np.abs(contributions[: len(peer_rows)] - expected[:, :-1]).max()
    print(
        f"explain: {median(rates):,.0f} rows/s against pred_contrib {median(peer_rates):,.0f} rows/s, one thread each, {ROUNDS} rounds in turn"
    )
    print(
        f"         ratio median {median(ratios):.1f} (min {min(ratios):.1f}, max {max(ratios):.1f}); largest difference {difference:.1e}"
    )


def train_booster(rows: int) -> tuple[npt.NDArray[np.float64], lgb.Booster]:
    """Made-up values (rows, 60), the last ten columns categories and 5 % unknown, and 150 trees trained on them."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(rows, 60))
    values[:, 50:] = rng.integers(0, 8, size=(rows, 10))
    values[rng.random(values.shape) < 0.05] = np.nan
    known = np.nan_to_num(values[:, :2])
    margin = known[:, 0] + 0.5 * known[:, 1] + (values[:, 50] == 3) + (values[:, 51] > 5)
    label = (margin + rng.normal(size=rows) > 0.5).astype(float)
    settings = {
        "objective": "binary",
        "num_leaves": 7,
        "learning_rate": 0.05,
        "feature_fraction": 0.5,
        "lambda_l2": 5,
        "verbosity": -1,
    }
    return values, lgb.train(settings, lgb.Dataset(values, label, categorical_feature=list(range(50, 60))), 150)


def make_bundle(folder: Path) -> Path:
    """A bundle trained on a small synthetic programme; one that is in the folder already is used again."""
    bundle = folder / "run" / "bundle"
    if not bundle.exists():
        simulated = folder / "programme"
        run(["simulate", str(simulated), "--households", "4000", "--seed", "7"])
        declarations = [f"--{name}={simulated / name}.toml" for name in ("dictionary", "programme")]
        options = [f"--events={simulated / 'events.parquet'}", *declarations, f"--out={folder / 'run'}"]
        store = f"--tracking-uri=sqlite:///{folder / 'mlflow.db'}"
        run(["train", str(simulated / "households.parquet"), *options, store])
    return bundle


def run(arguments: list[str]) -> tuple[float, float]:
    """Run a graduasi command as a process of its own: its seconds, and the peak memory in MiB of the largest so far."""
    started = time.perf_counter()
    subprocess.run([*GRADUASI, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def bench_bulk(folder: Path, households: int) -> None:
    """`graduasi score` as a whole process, Parquet to Parquet with five reasons; then shap in batches."""
    bundle = make_bundle(folder)
    for count in sorted({households // 5, households}):
        panel = folder / f"panel-{count}"
        if not panel.exists():
            run(["simulate", str(panel), "--households", str(count), "--quarters", "1", "--seed", "1"])
        # run() is called in a process of its own, or it could report the peak memory of an earlier command.
        code = "import sys; from tools.bench import run; print(*run(sys.argv[1:]))"
        files = [str(panel / "households.parquet"), str(folder / "scores.parquet")]
        command = [sys.executable, "-c", code, "score", *files, f"--model={bundle}", "--reasons=5"]
        completed = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds, memory = (float(figure) for figure in completed.stdout.split())
        scored = pq.read_metadata(folder / "scores.parquet").num_rows
        print(
            f"bulk:    {scored:,} households in {seconds:.1f} s, start-up included: {scored / seconds:,.0f} households/s, peak {memory:,.0f} MiB"
        )
    bench_shap(bundle, folder / f"panel-{households}" / "households.parquet")


def bench_shap(bundle: Path, panel: Path, rows: int = 50_000) -> None:
    """shap.TreeExplainer on the trees of the same bundle, in batches of 10,000; building the features does not count."""
    import shap

    from graduasi.bundle import load_bundle
    from graduasi.panel.files import read_batches
    from graduasi.panel.table_contract import check_panel
    from graduasi.readiness.features import build_features

    loaded = load_bundle(bundle)
    if loaded.model.trees is None:
        print("         the chosen model has no trees, so shap has nothing to explain")
        return
    table, _ = check_panel(next(iter(read_batches(panel, rows=rows))), loaded.dictionary)
    day = int(table.known_on.max())
    features = build_features(table, table.latest_known(day), as_of=day, declarations=loaded.declarations)
    values = loaded.model.preparation.for_trees(features.values)
    explainer = shap.TreeExplainer(lgb.Booster(model_str=loaded.model.trees))
    started = time.perf_counter()
    for start in range(0, len(values), 10_000):
        explainer.shap_values(values[start : start + 10_000])
    print(
        f"         shap.TreeExplainer alone, in memory, same trees, all threads: {len(values) / (time.perf_counter() - started):,.0f} households/s"
    )


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def bench_online(folder: Path) -> None:
    """One household per request: this service, which checks it and gives five reasons, against `mlflow models serve`."""
    bundle = make_bundle(folder)
    service, peer = start_service(folder, bundle), start_mlflow(folder, bundle)
    try:
        ratios, cpu_ratios = [], []
        for _ in range(ROUNDS):
            figures, cpu_ms = service.measure()
            peer_figures, peer_cpu_ms = peer.measure()
            ratios.append(figures.per_second / peer_figures.per_second)
            cpu_ratios.append(peer_cpu_ms / cpu_ms)
            print(
                f"online:  graduasi {figures}, {cpu_ms:.2f} ms of CPU  |  mlflow models serve {peer_figures}, {peer_cpu_ms:.2f} ms"
            )
        print(
            f"         ratio median {median(ratios):.1f} (min {min(ratios):.1f}, max {max(ratios):.1f}); 2 workers, {CONNECTIONS} connections, one client process"
        )
        print(
            f"         CPU per request on the server: ratio median {median(cpu_ratios):.1f} (min {min(cpu_ratios):.1f}, max {max(cpu_ratios):.1f})"
        )
    finally:
        service.stop()
        peer.stop()


def _read_stat(path: Path) -> list[str]:
    """The fields of a /proc/PID/stat file after the process's name; none when the process has ended."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except OSError:
        return []


class Server:
    """A server's process, which leads its own process group, and where to send requests."""

    def __init__(self, process: "subprocess.Popen[bytes]", target: Target) -> None:
        self.process, self.target = process, target

    def measure(self) -> tuple[LoadFigures, float]:
        """The figures under load, and the server's processor time per request in milliseconds."""
        before = self._cpu_seconds()
        figures = measure_load(self.target)
        return figures, 1000 * (self._cpu_seconds() - before) / figures.answered

    def _cpu_seconds(self) -> float:
        """Processor time of the server and its workers, which share a process group (Linux)."""
        processes = [_read_stat(path) for path in Path("/proc").glob("[0-9]*/stat")]
        ticks = sum(int(stat[11]) + int(stat[12]) for stat in processes if stat and int(stat[2]) == self.process.pid)
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End the server and its workers."""
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(30)


def start_service(folder: Path, bundle: Path) -> Server:
    """`graduasi serve` with two workers; the request holds one household with all its fields."""
    environment = {
        **os.environ,
        "GRADUASI_DATABASE_URL": f"sqlite:///{folder / 'service.db'}",
        "GRADUASI_MODEL": str(bundle),
    }
    subprocess.run(
        [*GRADUASI, "db", "upgrade"], env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    add_client = [*GRADUASI, "client", "add", f"bench-{time.time_ns()}", "--scope", "score:write", "--json"]
    client = json.loads(subprocess.run(add_client, env=environment, check=True, capture_output=True, text=True).stdout)
    port = free_port()
    with (folder / "service.log").open("w") as log:
        command = [*GRADUASI, "serve", "--port", str(port), "--workers", "2"]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    target = Target(port, "/v1/scores", request_body(folder))
    target.wait_for("/health/ready")
    return Server(process, target.with_token(client))


def request_body(folder: Path) -> bytes:
    """The JSON for one household of the synthetic programme, as a case-management system sends it."""
    row = pq.read_table(folder / "programme" / "households.parquet").slice(0, 1).to_pylist()[0]
    keys = ("household_id", "as_of", "known_on", "mentor_id", "area_code")
    household = {"household_id": row["household_id"], "as_of": str(row["as_of"]), "scored_on": str(row["as_of"])}
    fields = {
        name: str(value) if hasattr(value, "isoformat") else value for name, value in row.items() if name not in keys
    }
    return json.dumps({"households": [{**household, "fields": fields}]}).encode()


def start_mlflow(folder: Path, bundle: Path) -> Server:
    """`mlflow models serve` with two workers and the trees of the same bundle; it returns a margin without reasons."""
    import mlflow

    model = json.loads((bundle / "model.json").read_text())
    n_columns = len(model["features"]) + sum(model["preparation"]["indicated"])
    saved_model = folder / "booster"
    if not saved_model.exists():
        booster = lgb.Booster(model_str=(bundle / "trees.txt").read_text())
        mlflow.lightgbm.save_model(booster, str(saved_model), pip_requirements=["lightgbm"])
    port = free_port()
    options = [f"--model-uri={saved_model}", f"--port={port}", "--workers=2", "--env-manager=local"]
    command = [sys.executable, "-m", "mlflow", "models", "serve", *options]
    path = str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"]
    with (folder / "peer.log").open("w") as log:
        environment = {**os.environ, "PATH": path, "MLFLOW_DISABLE_TELEMETRY": "true"}
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    body = json.dumps(
        {"dataframe_split": {"columns": [f"Column_{index}" for index in range(n_columns)], "data": [[0.0] * n_columns]}}
    ).encode()
    target = Target(port, "/invocations", body)
    target.wait_for("/ping")
    return Server(process, target)


if __name__ == "__main__":
    main()
