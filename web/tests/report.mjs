// The page of `frame-compression report` in a real browser: `node --test web/tests/report.mjs`. NATIVE is the command;
// SCREENSHOTS, if given, is a folder for pictures of the page.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { chromium } from "playwright-core";

const run = promisify(execFile);
const pictures = fileURLToPath(new URL("../../assets/images/", import.meta.url));
let browser, address;

before(async () => {
  const file = join(await mkdtemp(join(tmpdir(), "report-")), "report.html");
  const options = ["--quality", "15,60", "--sweep", "10..90:40", "--crop", "400x320", "--quiet"];
  await run(process.env.NATIVE, ["report", join(pictures, "chelsea.png"), join(pictures, "rocket.png"), "-o", file, ...options]);
  address = pathToFileURL(file).href;
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
});

after(() => browser?.close());

/** The report, opened from disk, with everything that goes wrong in it. */
async function open(options = {}) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  page.failures = [];
  page.on("pageerror", (error) => page.failures.push(String(error)));
  page.on("request", (request) => /^(file|data):/.test(request.url()) || page.failures.push(request.url()));
  await page.goto(address);
  await shows(page, 0, 0);
  return page;
}

const shows = (page, picture, setting) =>
  page.waitForFunction((wanted) => document.body.dataset.shown === wanted, `${picture} ${setting}`, { timeout: 30000 });

const pressed = (page, group) => page.$$eval(`#${group} button`, (all) => all.findIndex(({ ariaPressed }) => ariaPressed === "true"));

/** A pixel of the viewer's canvas at a share of its width and height. */
const pixel = (page, x, y) =>
  page.$eval(".viewer canvas", (canvas, [x, y]) =>
    [...canvas.getContext("2d").getImageData(canvas.width * x, canvas.height * y, 1, 1).data], [x, y]);

test("switching keeps the place, by buttons, keys and the table", async () => {
  const page = await open();
  await page.click('[data-zoom="8"]');
  await page.click("#choices button >> nth=3");
  await shows(page, 0, 3);
  assert.equal(await page.$eval(".viewer", ({ dataset }) => dataset.scale), "8");
  assert.equal(await pressed(page, "choices"), 3);
  await page.keyboard.press("]");
  await shows(page, 0, 4);
  await page.keyboard.press("[");
  await shows(page, 0, 3);
  await page.keyboard.press(">");
  await shows(page, 1, 3);
  await page.click("tbody tr >> nth=1");
  await shows(page, 0, 1);
  assert.equal(await page.$$eval('tr[aria-selected="true"]', (rows) => rows.length), 1);
  assert.deepEqual(page.failures, []);
});

test("the line parts the pictures, and differences can be seen", async () => {
  const page = await open();
  const middle = () => pixel(page, 0.5, 0.45);
  const line = page.locator(".viewer-line");
  await line.focus();
  await page.keyboard.press("Home");
  await page.waitForFunction(() => document.querySelector(".viewer-line").ariaValueNow === "0" || document.querySelector(".viewer-line").getAttribute("aria-valuenow") === "0");
  const after = await middle();
  await page.keyboard.press("End");
  await page.waitForFunction(() => document.querySelector(".viewer-line").getAttribute("aria-valuenow") === "100");
  const before = await middle();
  await page.click('[data-mode="signed"]');
  await page.waitForTimeout(200);
  const signed = await middle();
  assert.ok([before, after, signed].every((seen) => seen[3] === 255), "something is drawn");
  assert.notDeepEqual(before, signed);
  assert.deepEqual(page.failures, []);
});

test("the table sorts and the plots have a line for each codec", async () => {
  const page = await open();
  const psnr = () => page.$$eval("tbody tr", (rows) => rows.map(({ cells }) => parseFloat(cells[2].textContent)));
  await page.click("th button >> nth=2");
  const up = await psnr();
  assert.deepEqual(up, [...up].sort((a, b) => a - b));
  await page.click("th button >> nth=2");
  assert.deepEqual(await psnr(), up.reverse());
  const codecs = await page.$$eval("#legend span", (all) => all.length);
  assert.ok(codecs >= 3);
  assert.equal(await page.$$eval("#plots path", (paths) => paths.filter((path) => path.getAttribute("d")).length), 2 * codecs);
  await page.selectOption("#of", "1");
  assert.equal(await page.$$eval("#plots svg", (all) => all.length), 2);
  assert.deepEqual(page.failures, []);
});

test("light and dark, wide and narrow", async () => {
  for (const [colorScheme, width, height] of [["light", 1280, 900], ["dark", 1280, 900], ["light", 390, 800]]) {
    const page = await open({ colorScheme, viewport: { width, height } });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= width, `${wide} pixels do not fit into ${width}`);
    const [paper] = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
    assert.equal(paper > 128, colorScheme === "light");
    if (process.env.SCREENSHOTS) {
      await page.screenshot({ path: join(process.env.SCREENSHOTS, `report-${colorScheme}-${width}.png`), fullPage: true });
    }
    assert.deepEqual(page.failures, []);
    await page.close();
  }
});
