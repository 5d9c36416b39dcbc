// The playground in a real browser: `node --test web/tests/playground.mjs` after `scripts/build/web.sh`. NATIVE is the command
// `frame-compression`, whose pictures the page's have to equal; SCREENSHOTS, if given, is a folder for pictures of the page.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { chromium } from "playwright-core";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../target/web/", import.meta.url));
const pictures = fileURLToPath(new URL("../../assets/images/", import.meta.url));
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".png": "image/png", ".wasm": "application/wasm" };

let browser, server, address, scratch;

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), "playground-"));
  server = createServer(async ({ url }, response) => {
    const path = normalize(new URL(url, "http://localhost").pathname);
    const file = path.startsWith("/native/") ? join(scratch, path.slice(8)) : join(root, path === "/" ? "index.html" : path);
    try {
      const body = await readFile(file);
      response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  address = `http://127.0.0.1:${server.address().port}/`;
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** A page that has shown its first result. */
async function open(settings = "", options = {}) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
  page.failures = [];
  page.on("pageerror", (error) => page.failures.push(String(error)));
  await page.goto(`${address}${settings && `#${settings}`}`);
  await settled(page);
  return page;
}

const settled = (page) =>
  page.waitForFunction(() => window.playground?.state.result && document.body.dataset.busy === "no", null, { timeout: 60000 });

async function screenshot(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`) });
}

async function drop(page, name, bytes, type) {
  const data = await page.evaluateHandle(([name, bytes, type]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(bytes)], name, { type }));
    return transfer;
  }, [name, [...bytes], type]);
  await page.dispatchEvent("body", "drop", { dataTransfer: data });
}

test("each codec's pixels are those of the native command", async () => {
  const page = await open();
  const codecs = await page.evaluate(() => window.playground.state.facts.codecs.map(({ name }) => name));
  assert.ok(codecs.length >= 3);
  for (const codec of codecs) {
    await run(process.env.NATIVE, ["apply", join(pictures, "chelsea.png"), "-o", join(scratch, `${codec}.png`), "--codec", codec, "--odd", "crop"]);
    await page.click(`[data-codec="${codec}"]`);
    await page.waitForFunction((codec) => document.body.dataset.settings?.split(":")[0] === codec, codec);
    await settled(page);
    const differing = await page.evaluate(async (codec) => {
      const blob = await (await fetch(`native/${codec}.png`)).blob();
      const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none" });
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      canvas.getContext("2d").drawImage(bitmap, 0, 0);
      const native = canvas.getContext("2d").getImageData(0, 0, bitmap.width, bitmap.height);
      const { result } = window.playground.state;
      if (native.width !== result.width || native.height !== result.height) return `${native.width}x${native.height}`;
      return native.data.reduce((count, byte, i) => count + (byte !== result.data[i]), 0);
    }, codec);
    assert.equal(differing, 0, codec);
  }
  assert.deepEqual(page.failures, []);
  await page.close();
});

test("the line parts the pictures, by mouse and by keyboard", async () => {
  const page = await open("jpeg:quality=1");
  const stage = await page.locator(".viewer-stage").boundingBox();
  const line = page.locator(".viewer-line");
  assert.equal(await line.getAttribute("aria-valuenow"), "50");
  await page.mouse.move(stage.x + stage.width / 2, stage.y + stage.height / 2);
  await page.mouse.down();
  await page.mouse.move(stage.x + stage.width / 4, stage.y + 40, { steps: 4 });
  await page.mouse.up();
  await page.waitForFunction(() => document.querySelector(".viewer-line").ariaValueNow === "25" || document.querySelector(".viewer-line").getAttribute("aria-valuenow") === "25");
  await line.focus();
  await page.keyboard.press("End");
  await page.waitForFunction(() => document.querySelector(".viewer-line").getAttribute("aria-valuenow") === "100");
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction(() => document.querySelector(".viewer-line").getAttribute("aria-valuenow") === "99");
  await page.close();
});

test("zoom stays when the settings change, and single pixels can be read", async () => {
  const page = await open("jpeg:quality=20");
  await page.locator(".viewer-stage").focus();
  await page.keyboard.press("8");
  await page.waitForFunction(() => window.playground.viewer.scale === 8);
  const origin = await page.evaluate(() => window.playground.viewer.origin);
  await page.click('[data-codec="h265"]');
  await page.waitForFunction(() => document.body.dataset.settings?.startsWith("h265"));
  assert.deepEqual(await page.evaluate(() => window.playground.viewer.scale), 8);
  assert.deepEqual(await page.evaluate(() => window.playground.viewer.origin), origin);
  const stage = await page.locator(".viewer-stage").boundingBox();
  await page.mouse.move(stage.x + stage.width / 3, stage.y + stage.height / 2);
  assert.match(await page.locator(".viewer-readout").textContent(), /^\d+, \d+: +\d+ \d+ \d+ +\u2192 +\d+ \d+ \d+$/);
  await page.locator(".viewer-stage").focus();
  await page.keyboard.press("d");
  assert.equal(await page.locator('[data-mode="difference"][aria-pressed="true"]').count(), 1);
  await screenshot(page, "difference");
  await page.close();
});

test("the newest request wins while a control is dragged, and the link holds the settings", async () => {
  const page = await open("jpeg:quality=50");
  await page.evaluate(() => {
    const slider = document.querySelector("#settings input[type=range]");
    for (let value = 1; value <= 77; value++) {
      slider.value = value;
      slider.dispatchEvent(new Event("input"));
    }
  });
  await page.waitForFunction(() => document.body.dataset.settings === "jpeg:quality=77");
  const requests = await page.evaluate(() => window.playground.requests.id);
  assert.ok(requests < 10, `${requests} requests for 77 values`);
  const link = await page.evaluate(() => location.hash);
  assert.equal(link, "#jpeg:quality=77");
  const again = await open(link.slice(1));
  assert.equal(await again.evaluate(() => document.body.dataset.settings), "jpeg:quality=77");
  await page.close();
  await again.close();
});

test("a picture can be dropped; a broken file is said to be one", async () => {
  const page = await open();
  await drop(page, "coffee.png", await readFile(join(pictures, "coffee.png")), "image/png");
  await page.waitForFunction(() => window.playground.state.name === "coffee");
  await settled(page);
  await drop(page, "broken.png", Buffer.from("no picture"), "image/png");
  await page.waitForFunction(() => document.querySelector("#message").textContent.startsWith("broken.png cannot be shown"));
  assert.equal(await page.evaluate(() => window.playground.state.name), "coffee");
  await page.close();
});

test("24 megapixels leave the page alive", async () => {
  const page = await open("jpeg:quality=30");
  await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(6000, 4000);
    const context = canvas.getContext("2d");
    const gradient = context.createLinearGradient(0, 0, 6000, 4000);
    gradient.addColorStop(0, "#124");
    gradient.addColorStop(1, "#fc8");
    context.fillStyle = gradient;
    context.fillRect(0, 0, 6000, 4000);
    const blob = await canvas.convertToBlob();
    const transfer = new DataTransfer();
    transfer.items.add(new File([blob], "large.png", { type: "image/png" }));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  });
  await page.waitForFunction(() => window.playground.state.result?.width === 6000 || document.querySelector("#message").textContent, null, { timeout: 120000 });
  assert.equal(await page.locator("#message").textContent(), "");
  assert.match(await page.locator("#figures").textContent(), /6000 x 4000/);
  await page.close();
});

test("it can be looked at: light and dark, wide and narrow", async () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const [name, viewport] of [["wide", { width: 1280, height: 800 }], ["narrow", { width: 390, height: 844 }]]) {
      const page = await open("h264:crf=40", { colorScheme, viewport });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${name} page scrolls sideways by ${overflow}`);
      await screenshot(page, `${colorScheme}-${name}`);
      await page.close();
    }
  }
});
