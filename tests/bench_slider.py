"""
Measure how long a key press on the main slider takes to become a new picture.

Beside it in the same notebook: a plain ``ipywidgets.interact`` that draws a new figure with the
same content. Run it with ``python tests/bench_slider.py``.
"""

import statistics
import tempfile
from pathlib import Path

import lab
import nbformat.v4
from playwright.sync_api import Locator

ROUNDS, KEYS = 3, 12

SETUP = """
import numpy as np
from helpers import explore_learning_rate, ice_cream
x, y = ice_cream()
s = (x - 30) / 10

def mse(x, y, m, c):
    return float(np.mean((m * x + c - y) ** 2))

def step(x, y, m, c, lr):
    error = m * x + c - y
    return m - lr * 2 * np.mean(error * x), c - lr * 2 * np.mean(error)

rates = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1]
"""
OURS = "explore_learning_rate(s, y, step, mse, rates=rates)"
# all numbers are ready beforehand, so that only drawing and sending are compared
PLAIN = """
%matplotlib inline
import ipywidgets, matplotlib.pyplot as plt
M, C = np.meshgrid(np.linspace(-25, 160, 60), np.linspace(-150, 1100, 60))
COST = np.mean((M[..., None] * s + C[..., None] - y) ** 2, axis=-1)

def path(lr):
    places = [(0.0, 0.0)]
    for _ in range(60):
        places.append(step(s, y, *places[-1], lr))
    return np.array(places), [mse(s, y, *place) for place in places]

runs = {lr: path(lr) for lr in rates}

def draw(lr):
    places, costs = runs[lr]
    panels = [["map", "data"], ["map", "costs"]]
    figure, axes = plt.subplot_mosaic(panels, figsize=(8.4, 4.7), layout="constrained")
    axes["map"].contourf(M, C, COST, 20, cmap="cividis_r")
    axes["map"].plot(*places.T, "k.-")
    axes["map"].set(xlim=(-25, 160), ylim=(-150, 1100), xlabel="slope m", ylabel="intercept c")
    axes["data"].plot(s, y, "ko")
    axes["data"].plot(s, places[-1, 0] * s + places[-1, 1])
    axes["data"].set(ylim=(-100, 750), xlabel="x", ylabel="y", title="The line on the data")
    axes["costs"].semilogy(costs)
    axes["costs"].set(ylim=(1e4, 3e6), xlabel="step", title="Cost after each step")
    plt.show()

ipywidgets.interact(draw, lr=ipywidgets.SelectionSlider(options=rates));
"""

# From the key event to the paint after the last change of the picture. `shown` tells which
# picture there is; 400 ms without a change mean that no further one will come.
WATCH = """
(output) => {
    const shown = () => {
        const frame = output.querySelector('.downhill-frame');
        const image = output.querySelector('.jp-OutputArea .jp-OutputArea img');
        return frame ? frame.innerHTML : image ? image.src : '';
    };
    window.sample = new Promise(resolve => {
        let pressed, before = shown(), painted, quiet;
        output.addEventListener('keydown', event => { pressed ??= event.timeStamp; }, true);
        const look = async () => {
            const now = shown();
            if (!now || now === before) return;
            before = now;
            clearTimeout(quiet);
            const image = output.querySelector('.jp-OutputArea .jp-OutputArea img');
            if (image) await image.decode().catch(() => {});
            requestAnimationFrame(() => setTimeout(() => {
                painted = performance.now();
                clearTimeout(quiet);
                quiet = setTimeout(() => { watcher.disconnect(); resolve(painted - pressed); }, 400);
            }));
        };
        const watcher = new MutationObserver(look);
        watcher.observe(output, {childList: true, subtree: true, attributes: true});
    });
}
"""


def main() -> None:
    """Measure both in turn and print what a learner waits for."""
    with tempfile.TemporaryDirectory() as name:
        folder = lab.copy_course(Path(name) / "course")
        cells = [nbformat.v4.new_code_cell(source) for source in (SETUP, OURS, PLAIN)]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
        nbformat.write(notebook, folder / "bench.ipynb")
        with lab.serve(folder, Path(name) / "private") as url, lab.browser() as chrome:
            page = lab.new_page(chrome)
            lab.open_notebook(page, url, "bench.ipynb")
            lab.run_all(page)
            cell = {
                "ours": lab.cell(page, "explore_learning_rate"),
                "interact": lab.cell(page, "%matplotlib"),
            }
            times: dict[str, list[float]] = {way: [] for way in cell}
            for k in range(ROUNDS):
                key = ("ArrowRight", "ArrowLeft")[k % 2]
                for way, where in cell.items():
                    times[way] += [sample(where, key) for _ in range(KEYS)]
    report(times)


def sample(cell: Locator, key: str) -> float:
    """Return the milliseconds from a key press to the new picture."""
    cell.locator(".jp-OutputArea").first.evaluate(WATCH)
    cell.get_by_role("slider").press(key)
    return float(cell.page.evaluate("window.sample"))


def report(times: dict[str, list[float]]) -> None:
    """Print medians, ranges and the ratio."""
    for way, samples in times.items():
        low, high = min(samples), max(samples)
        middle = statistics.median(samples)
        print(f"{way:9} median {middle:7.1f} ms ({low:.1f} to {high:.1f}), n = {len(samples)}")
    print(f"ratio {statistics.median(times['interact']) / statistics.median(times['ours']):.1f}")


if __name__ == "__main__":
    main()
