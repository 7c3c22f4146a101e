"""The page in a browser: nothing fails, nothing is cut, and nothing makes the page wider than the window."""

import importlib.util
import os
import shutil

import pytest

from tests.fidelity.examples import AWKWARD, example

pytestmark = pytest.mark.slow

# texts that reach out of the page, and neighbours that cover each other; what scrolls or is folded in its own box may
PROBLEMS = """() => {
  const wrong = [], edge = document.documentElement.clientWidth;
  const shown = e => e.getClientRects().length > 0;
  for (const e of document.querySelectorAll('h1, h2, h3, p, li, dt, dd, a, .badge, img, .wide, figcaption, summary')) {
    if (!shown(e)) continue;
    const box = e.getBoundingClientRect();
    if (box.left < -0.5 || box.right > edge + 0.5) wrong.push(['outside', e.tagName, e.textContent.slice(0, 60)]);
    if (!e.matches('.wide') && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline')
      wrong.push(['cut', e.tagName, e.textContent.slice(0, 60)]);
  }
  for (const parent of document.querySelectorAll('header, main, section, .tiles, .findings, .pictures, dl, tr')) {
    const boxes = [...parent.children].filter(shown).map(e => [e, e.getBoundingClientRect()]);
    for (let i = 0; i < boxes.length; i++) for (let k = i + 1; k < boxes.length; k++) {
      const [a, b] = [boxes[i][1], boxes[k][1]];
      const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (width > 1 && height > 1) wrong.push(['covers', boxes[i][0].outerHTML.slice(0, 60)]);
    }
  }
  return wrong;
}"""
# of the darker to the lighter colour, as WCAG defines it
CONTRASTS = """() => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
  const ground = e => { for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor;
    if (c.startsWith('rgb(')) return c; } return 'rgb(255, 255, 255)'; };
  const found = {};
  for (const name of ['body', '.lead', '.badge.good', '.badge.bad', '.badge.open', '.mark.bad', 'figcaption', 'a']) {
    const e = document.querySelector(name);
    if (!e) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(parse(ground(e)))];
    found[name] = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def browser():
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    absent = [
        name
        for name, there in (("playwright", importlib.util.find_spec("playwright")), ("chromium", program))
        if not there
    ]
    if absent:
        reason = f"{' and '.join(absent)} not installed"
        if os.environ.get("MIXTHEORY_REQUIRE_BROWSER"):
            pytest.fail(f"MIXTHEORY_REQUIRE_BROWSER is set: {reason}")
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    reports = {
        "awkward": example(AWKWARD, notes=["A note."]),
        "many": example([f"column_{k}" for k in range(60)], notes=["n" * 300]),
        "one": example(["only"], expected=False),
    }
    for name, report in reports.items():
        report.to_html(folder / f"{name}.html")
    return folder


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("name", ["awkward", "many", "one"])
def test_page(browser, pages, name, width, scheme):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    said, failed = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("requestfailed", lambda request: failed.append(request.url))
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    try:
        page.goto((pages / f"{name}.html").as_uri(), wait_until="load")
        images = page.evaluate("[...document.images].map(i => [i.complete, i.naturalWidth, i.clientWidth])")
        assert images and all(complete and natural > 0 and shown >= 300 for complete, natural, shown in images)
        assert not said and not failed
        assert all(url.startswith(("file:", "data:")) for url in asked)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 14
        assert page.evaluate("Math.min(...[...document.querySelectorAll('td, th')].map("
                             "e => parseFloat(getComputedStyle(e).fontSize)))") >= 14  # fmt: skip
        assert page.evaluate(PROBLEMS) == []
        page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        contrasts = page.evaluate(CONTRASTS)
        assert len(contrasts) >= 5 and min(contrasts.values()) >= 4.5, contrasts
        dark = page.evaluate("document.images[0].currentSrc === document.querySelector('source').srcset")
        assert dark == (scheme == "dark")
    finally:
        page.close()
