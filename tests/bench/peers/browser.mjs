/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A browser with gstwebrtc-api as an ordinary peer:
 * node browser.mjs chromium|firefox listen|speak SERVER NAME
 *
 * RW_NODE_MODULES has the packages of tests/browser. Chromium's microphone plays
 * the file RW_SPEECH. */
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBrowser } from '../../browser/browsers.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const [kind, role, server, name] = process.argv.slice(2);

const files = {
  '/': [join(here, 'browser.html'), 'text/html'],
  '/browser-page.js': [join(here, 'browser-page.js'), 'text/javascript'],
  '/gstwebrtc-api.js': [
    join(process.env.RW_NODE_MODULES,
      'gstwebrtc-api/dist/gstwebrtc-api-3.0.0.esm.js'), 'text/javascript'],
};

const web = createServer(async (request, response) => {
  const [file, type] = files[request.url] ?? [];
  if (!file) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': type }).end(await readFile(file));
});
await new Promise((resolve) => web.listen(0, '127.0.0.1', resolve));

const { page, close } =
  await openBrowser(kind, `http://127.0.0.1:${web.address().port}/`);
page.on('console', (message) => {
  const text = message.text();
  if (/^[AS] \d/.test(text))
    console.log(text);
  else
    console.error(text);
});
await page.waitForFunction('window.ready');
process.on('SIGTERM', async () => {
  await close();
  process.exit();
});
/* A page plays after a gesture only. */
await page.mouse.click(10, 10);
await page.evaluate(([func, ...args]) => window[func](...args),
  [role, server, name]);
