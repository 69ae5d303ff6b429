// Draws a dashboard as Grafana does, in a headless Chromium, and tells what is to be seen of it:
//   node draw.mjs '{"dashboard": FILE, "prometheus": URL, "jaeger": URL, "from": MS, "to": MS, "variables": {...}, "width": 1280,
//     "pictures": {"a panel, or nothing for all": FILE}, "hover": {"panel": ..., "text": ..., "picture": FILE}, "page": {"url": URL, "picture": FILE}}'
// prints JSON: for each panel its state, its series and axes, which texts begin inside their cells, and which lines of legends are in sight.
// `pictures`, `hover` and `page`, a page of Prometheus itself, are for whoever wants them.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const PAGE = join(dirname(fileURLToPath(import.meta.url)), 'page');
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml' };
const PATIENCE = 60_000; // milliseconds
const ROW = 38;

const asked = JSON.parse(process.argv[2]);
const dashboard = JSON.parse(await readFile(asked.dashboard, 'utf8'));

async function answer(request, response) {
  const [, source] = request.url.split('/');
  if (source === 'prometheus' || source === 'jaeger') return pass(request, response, asked[source] + request.url.slice(source.length + 1));
  const path = request.url === '/' ? '/index.html' : normalize(request.url.split('?')[0]);
  response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream');
  response.end(await readFile(join(PAGE, path)));
}

async function pass(request, response, url) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const headers = request.headers['content-type'] ? { 'content-type': request.headers['content-type'] } : {};
  const answered = await fetch(url, { method: request.method, headers, body: chunks.length ? Buffer.concat(chunks) : undefined });
  response.writeHead(answered.status, { 'content-type': 'application/json' });
  response.end(Buffer.from(await answered.arrayBuffer()));
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    response.statusCode = error.code === 'ENOENT' ? 404 : 502;
    response.end(String(error));
  });
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));

// Of each panel, what the browser has laid out. A text is seen where its first letters are within their cell; a legend's line where it is within the legend.
function seen() {
  const within = (inner, outer) => inner.left >= outer.left - 1 && inner.right <= outer.right + 1 && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
  const first = (element, letters) => {
    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const text = texts.nextNode();
    if (!text) return null;
    const range = document.createRange();
    range.setStart(text, 0);
    range.setEnd(text, Math.min(letters, text.length));
    return range.getBoundingClientRect();
  };
  const cells = (panel) =>
    [...panel.querySelectorAll('[role=row]')].map((row) =>
      [...row.querySelectorAll('[role=gridcell],[role=columnheader]')].map((cell) => {
        const box = first(cell, 16);
        return { text: cell.textContent, begins: box !== null && within(box, cell.getBoundingClientRect()) };
      }),
    );
  const legend = (panel) => {
    const frame = panel.getBoundingClientRect();
    const named = [...panel.querySelectorAll('table tbody tr')].map((row) => row.querySelector('button')?.textContent && row);
    return named.filter((row) => row && within(row.getBoundingClientRect(), frame) && shown(row)).map((row) => row.querySelector('button').textContent.trim());
  };
  const shown = (row) => {
    const { left, top, height } = row.getBoundingClientRect();
    const hit = document.elementFromPoint(left + 30, top + height / 2);
    return hit !== null && row.contains(hit);
  };
  return [...document.querySelectorAll('[data-panel]')]
    .filter((panel) => window.drawn[panel.dataset.panel])
    .map((panel) => {
      panel.scrollIntoView({ block: 'center' });
      return { title: panel.dataset.panel, ...window.drawn[panel.dataset.panel], text: panel.innerText, cells: cells(panel), legend: legend(panel) };
    });
}

// The alerts in Prometheus' own page, the first one unfolded.
async function photograph(page) {
  await page.goto(asked.page.url, { waitUntil: 'networkidle', timeout: PATIENCE });
  await page.getByText('Show annotations').click({ timeout: PATIENCE });
  await page.getByText(asked.page.unfold).first().click({ timeout: PATIENCE });
  await page.addStyleTag({ content: 'pre:has(a) { display: none !important; }' }); // the rule itself
  await page.waitForTimeout(500);
  await page.screenshot({ path: asked.page.picture });
}

async function drawn() {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'] });
  try {
    const height = Math.max(...dashboard.panels.map(({ gridPos: { y, h } }) => y + h)) * ROW + 200;
    const page = await browser.newPage({ viewport: { width: asked.width ?? 1600, height }, deviceScaleFactor: asked.scale ?? 1, reducedMotion: 'reduce' });
    const errors = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.addInitScript(({ board, view }) => Object.assign(window, { dashboard: board, view }), { board: dashboard, view: { from: asked.from, to: asked.to, variables: asked.variables } });
    await page.goto(`http://127.0.0.1:${server.address().port}/`, { timeout: PATIENCE });
    const panels = dashboard.panels.filter(({ type }) => type !== 'row');
    await page.waitForFunction((count) => Object.keys(window.drawn ?? {}).length === count, panels.length, { timeout: PATIENCE });
    const graphs = panels.filter(({ type }) => type === 'timeseries').map(({ title }) => title);
    await page.waitForFunction((titles) => titles.every((title) => window.drawn[title].state !== 'data' || window.drawn[title].axes), graphs, { timeout: PATIENCE });
    await page.evaluate(() => document.fonts.ready);
    const told = await page.evaluate(seen);
    for (const [title, path] of Object.entries(asked.pictures ?? {})) {
      const place = title ? page.locator(`[data-panel="${title}"]`) : page.locator('#root');
      await place.screenshot({ path });
    }
    if (asked.page) await photograph(await browser.newPage({ viewport: { width: asked.width ?? 1600, height: 900 }, deviceScaleFactor: asked.scale ?? 1 }));
    if (asked.hover) {
      const cell = page.locator(`[data-panel="${asked.hover.panel}"] [role=gridcell]`, { hasText: asked.hover.text }).first();
      await cell.hover();
      if (asked.hover.picture) await page.locator(`[data-panel="${asked.hover.panel}"]`).screenshot({ path: asked.hover.picture });
      const box = await cell.evaluate((each) => ({ wide: each.scrollWidth <= each.clientWidth + 1, high: each.scrollHeight <= each.clientHeight + 1 }));
      return { panels: told, errors, hover: box };
    }
    return { panels: told, errors };
  } finally {
    await browser.close();
  }
}

try {
  console.log(JSON.stringify(await drawn()));
} finally {
  server.close();
  server.closeAllConnections();
}
