"""Starts TensorBoard on a folder of runs, opens its page in Chromium and reads back what is drawn there.

    tensorboard_page.py TENSORBOARD CHROMIUM LOGDIR REPORT SCRATCH [SCREENSHOT]

REPORT is the trainer's own page of the same training, whose curves hold the numbers of the History to the last bit.
Compared with them are the curves (their points, in pixels, must be a scaling of the numbers) and the numbers that
appear under the pointer. Exit code 77 where the browser does not start. Needs Python's standard library alone.
"""

import base64
import itertools
import json
import math
import os
import re
import select
import subprocess
import sys
import time
from pathlib import Path

WAIT = 60  # seconds for whatever should take one
HALF_A_PIXEL_IN_A_HUNDRED = 0.005  # the page computes in float, a chart is some hundred pixels high


class NoBrowser(Exception):
    """It does not start, or has gone."""


class Browser:
    """Headless Chromium with one page, driven by its debugging protocol over a pair of pipes."""

    def __init__(self, program, profile):
        # Without 3D it draws curves as SVG paths, which can be read.
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-3d-apis", "--disable-dev-shm-usage",
                 f"--user-data-dir={profile}", "--window-size=1200,1600", "--remote-debugging-pipe", "about:blank"]
        questions, self.ask = os.pipe()
        self.answers, answer = os.pipe()
        self.process = subprocess.Popen(
            ["sh", "-c", f'exec "$@" 3<&{questions} 4>&{answer}', "sh", program, *flags], pass_fds=(questions, answer),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(questions)
        os.close(answer)
        self.pending, self.number, self.session, self.exceptions = b"", 0, {}, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = {"sessionId": self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        self.call("Runtime.enable")

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params, **self.session}
        try:
            os.write(self.ask, json.dumps(message).encode() + b"\0")
        except BrokenPipeError:
            raise NoBrowser("the browser has gone") from None
        while True:
            answer = self.next_message()
            if answer.get("method") == "Runtime.exceptionThrown":
                self.exceptions.append(answer["params"]["exceptionDetails"])
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']}")
                return answer["result"]

    def next_message(self):
        while b"\0" not in self.pending:
            part = os.read(self.answers, 1 << 20) if select.select([self.answers], [], [], WAIT)[0] else b""
            if not part:
                raise NoBrowser("the browser does not answer")
            self.pending += part
        message, self.pending = self.pending.split(b"\0", 1)
        return json.loads(message)

    def value(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            sys.exit(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")


def eventually(question, what):
    """The first true answer to a question."""
    end = time.monotonic() + WAIT
    while not (answer := question()):
        if time.monotonic() > end:
            sys.exit(f"not within {WAIT} s: {what}")
        time.sleep(0.05)
    return answer


def history_of(report):
    """{"loss": {"train": [one number an epoch], "validation": ...}, ...} from the curves of the trainer's page."""
    history = {}
    for name, picture in re.findall(r'<svg[^>]* aria-label="(loss|accuracy)"[^>]*>(.*?)</svg>', report, re.S):
        curves = re.findall(r'data-name="(\w+)" data-x="([^"]*)" data-y="([^"]*)"', picture)
        for run, x, y in curves:
            assert json.loads(x) == list(range(1, len(json.loads(x)) + 1)), x
            history.setdefault(name, {})["train" if run == "training" else run] = json.loads(y)
    return history


CHARTS = """[...document.querySelectorAll('scalar-card')].map(card => {
  const view = card.querySelector('line-chart .series-view'), box = view?.getBoundingClientRect();
  return {tag: card.querySelector('tb-truncated-path')?.title, left: box?.x, middle: box?.y + box?.height / 2,
          paths: [...(view?.querySelectorAll('svg path') ?? [])].map(path => path.getAttribute('d'))};
})"""
TIP = """[...document.querySelectorAll('.tooltip tr')].map(row => [...row.cells].map(cell => cell.innerText.trim()))"""


def points_of(path):
    return [tuple(map(float, point.split(","))) for point in path.lstrip("M").split("L")]


def misfit(points, values):
    """By how many pixels the heights of some points differ from the scaling of values that fits the outermost two."""
    order = sorted(range(len(values)), key=values.__getitem__)
    low, high = order[0], order[-1]
    scale = (points[high][1] - points[low][1]) / (values[high] - values[low])
    return math.inf if scale >= 0 else max(
        abs(points[low][1] + scale * (value - values[low]) - point[1]) for point, value in zip(points, values))


def check_curves(tag, paths, runs):
    """Every run is drawn, both at one scale; gives the horizontal positions of the epochs."""
    curves = [points_of(path) for path in paths]
    epochs = len(next(iter(runs.values())))
    if sorted(map(len, curves)) != [epochs] * len(runs):
        sys.exit(f"{tag}: {len(runs)} runs of {epochs} epochs, drawn are curves of {list(map(len, curves))} points")
    values = [value for run in runs.values() for value in run]
    off = min(misfit(list(itertools.chain(*order)), values) for order in itertools.permutations(curves))
    if not off < HALF_A_PIXEL_IN_A_HUNDRED:
        sys.exit(f"{tag}: the curves {curves} are {off} pixels away from {runs}")
    return [point[0] for point in curves[0]]


def check_tips(browser, chart, epochs, runs):
    """What appears under the pointer at every epoch, four digits of it."""
    for epoch, x in enumerate(epochs, 1):  # beside it: the line of the chosen step takes the pointer away
        browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=chart["left"] + x - 5, y=chart["middle"])

        def tip():
            rows = [row for row in browser.value(TIP) if row]
            columns = {name: place for place, name in enumerate(rows[0])} if rows else {}
            shown = {row[columns["Run"]].split("/")[-1]: row for row in rows[1:] if len(row) == len(rows[0])}
            steps = {row[columns["Step"]] for row in shown.values()}
            return steps == {str(epoch)} and {run: float(row[columns["Value"]]) for run, row in shown.items()}

        shown = eventually(tip, f"{chart['tag']}: numbers under the pointer at epoch {epoch}")
        expected = {run: values[epoch - 1] for run, values in runs.items()}
        if shown.keys() != expected.keys() or any(
                not math.isclose(shown[run], expected[run], rel_tol=5.01e-4) for run in shown):
            sys.exit(f"{chart['tag']}: epoch {epoch} shows {shown}, the History has {expected}")


def check_page(browser, address, history, screenshot):
    browser.call("Page.navigate", url=f"{address}?smoothing=0&tagFilter=epoch_(loss%7Caccuracy)#timeseries")
    tags = {f"epoch_{name}": runs for name, runs in history.items()}

    def drawn():
        charts = browser.value(CHARTS)
        return {c["tag"] for c in charts} == set(tags) and all(
            len(c["paths"]) == len(tags[c["tag"]]) for c in charts) and charts

    charts = eventually(drawn, f"the charts {list(tags)}")
    while (again := browser.value(CHARTS)) != charts:  # until nothing moves any more
        charts = again
        time.sleep(0.3)
    for chart in charts:
        check_tips(browser, chart, check_curves(chart["tag"], chart["paths"], tags[chart["tag"]]), tags[chart["tag"]])
    if screenshot:
        Path(screenshot).write_bytes(base64.b64decode(browser.call("Page.captureScreenshot")["data"]))
    if browser.exceptions:
        sys.exit(f"the page's own errors: {browser.exceptions}")


def main(tensorboard, chromium, logdir, report, scratch, screenshot=None):
    history = history_of(Path(report).read_text())
    assert sorted(history) == ["accuracy", "loss"] and all(len(runs) == 2 for runs in history.values()), history
    log = Path(scratch) / "tensorboard.txt"
    with open(log, "w") as output:
        server = subprocess.Popen([tensorboard, "--logdir", logdir, "--host", "localhost", "--port", "0"],
                                  stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    browser = None
    try:
        found = eventually(lambda: re.search(r"TensorBoard (\S+) at (http://localhost:\d+/)", log.read_text()) or
                           server.poll() is not None, "TensorBoard's address")
        if found is True:
            sys.exit(f"TensorBoard ended: {log.read_text()}")
        try:
            browser = Browser(chromium, Path(scratch) / "profile")
        except NoBrowser as reason:
            print(reason)
            sys.exit(77)
        check_page(browser, found[2], history, screenshot)
    finally:
        for process in [server, *([browser.process] if browser else [])]:
            process.terminate()
            process.wait()
    numbers = sum(len(values) for runs in history.values() for values in runs.values())
    print(f"TensorBoard {found[1]} draws the {numbers} numbers of the History, and shows them under the pointer")


if __name__ == "__main__":
    main(*sys.argv[1:])
