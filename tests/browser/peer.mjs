/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An ordinary WebRTC peer: Chromium, without a window, with gstwebrtc-api.
 *
 *   node peer.mjs listen|offer|speak SERVER NAME [SECONDS] [SPEECH.wav]
 *
 * listen and offer consume the producer NAME, on its offer or on an offer of
 * their own, and print what they heard as NAME=VALUE lines. speak produces
 * SPEECH.wav as its microphone under NAME for SECONDS from the arrival of its
 * first consumer on, and prints 'speaking' when it is announced.
 *
 * The packages are those of the folder in RW_NODE_MODULES. */
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const modules = process.env.RW_NODE_MODULES;
const { chromium } = createRequire(join(modules, '../package.json'))('playwright-core');

const [role, server, name, seconds = '5', speech] = process.argv.slice(2);

const files = {
  '/': [join(here, 'page.html'), 'text/html'],
  '/page.js': [join(here, 'page.js'), 'text/javascript'],
  '/gstwebrtc-api.js': [
    join(modules, 'gstwebrtc-api/dist/gstwebrtc-api-3.0.0.esm.js'),
    'text/javascript'],
};

const serve = () => new Promise((resolve) => {
  const web = createServer(async (request, response) => {
    const file = files[request.url];
    if (!file) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': file[1] });
    response.end(await readFile(file[0]));
  });
  web.listen(0, '127.0.0.1', () => resolve(web));
});

const launch = (profile) => chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  headless: true,
  args: [
    '--no-sandbox',
    '--disable-dev-shm-usage',
    '--disable-gpu',
    '--autoplay-policy=no-user-gesture-required',
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    ...(speech ? [`--use-file-for-fake-audio-capture=${speech}`] : []),
    /* Host candidates as addresses, not as names of a multicast DNS; and the
     * test's servers are on addresses that count as local. */
    '--disable-features=WebRtcHideLocalIpsWithMdns,LocalNetworkAccessChecks',
  ],
});

const print = (result) => {
  for (const [key, value] of Object.entries(result))
    console.log(`${key}=${typeof value === 'number' ? +value.toFixed(1)
      : value}`);
};

const perform = async (page) => {
  await page.waitForFunction('window.ready');
  if (role === 'speak') {
    await page.evaluate((o) => window.speak(o), { server, name });
    console.log('speaking');
    await page.waitForFunction('window.consumers > 0', null,
                               { timeout: 60000 });
    await page.waitForTimeout(+seconds * 1000);
    await page.evaluate(() => window.leave());
    return;
  }
  print(await page.evaluate((o) => window.listen(o), {
    server, name, seconds: +seconds, offer: role === 'offer',
  }));
  await page.evaluate(() => window.leave());
};

const profile = await mkdtemp(join(process.env.RW_WORK || tmpdir(), 'chromium-'));
const web = await serve();
let context;
try {
  context = await launch(profile);
  const page = await context.newPage();
  page.on('console', (message) => console.error(`page: ${message.text()}`));
  page.on('pageerror', (error) => console.error(`page: ${error}`));
  page.setDefaultTimeout(60000);
  await page.goto(`http://127.0.0.1:${web.address().port}/`);
  await perform(page);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  if (context)
    await context.close();
  web.close();
  await rm(profile, { recursive: true, force: true });
}
