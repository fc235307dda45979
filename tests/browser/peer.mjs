/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An ordinary WebRTC peer: a browser, without a window, with gstwebrtc-api.
 *
 *   node peer.mjs listen|offer|speak SERVER NAME [SECONDS] [SPEECH.wav]
 *   node peer.mjs restart SERVER NAME SECONDS SPEECH.wav
 *   node peer.mjs red SERVER NAME SECONDS SPEECH.wav
 *   node peer.mjs mute SERVER WAY,WAY... SECONDS SPEECH.wav
 *
 * listen and offer consume the producer NAME, on its offer or on an offer of
 * their own, and print what they heard as NAME=VALUE lines. speak produces
 * SPEECH.wav as its microphone under NAME for SECONDS from its first
 * connection on, and prints 'speaking' when it is announced.
 *
 * restart speaks, restarts ICE after 2 s, and speaks for SECONDS more. It prints
 * the port that it sends from before and after, and the number of sessions
 * opened before and in all.
 * red speaks in RED, prints 'red' when it is connected, and speaks for SECONDS
 * more. It prints the packets sent in that time.
 * mute opens a page for each WAY to mute, which speaks under that name to its
 * first consumer for 3 s, mutes for SECONDS, and speaks again for 3 s. It prints
 * 'muted' and 'unmuted' meanwhile, and for each way the number of further
 * sessions that the page was asked for while muted (sessions) and until the end
 * (all), and of packets that it sent while muted.
 *
 * With RW_FIREFOX, the path of its program, it is Firefox in place of Chromium;
 * its microphone is a tone.
 *
 * The packages are those of the folder in RW_NODE_MODULES. */
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { launchBrowser } from './browsers.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const modules = process.env.RW_NODE_MODULES;
const { chromium } = createRequire(join(modules, '../package.json'))('playwright-core');

const [role, server, name, seconds = '5', speech] = process.argv.slice(2);

const files = {
  '/': [join(here, 'page.html'), 'text/html'],
  '/page.js': [join(here, 'page.js'), 'text/javascript'],
  '/muting.js': [join(here, 'muting.js'), 'text/javascript'],
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

const launchFirefox = async () => {
  const browser = await launchBrowser('firefox');
  const context = await browser.newContext();
  return {
    newPage: () => context.newPage(),
    close: () => browser.close(),
  };
};

const launchChromium = (profile) => chromium.launchPersistentContext(profile, {
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

const speakInRed = async (page) => {
  const sent = () => page.evaluate(() => window.sent());
  await page.waitForFunction('window.isConnected()');
  await page.waitForFunction('window.isSettled()');
  const before = await sent();
  console.log('red');
  await delay(+seconds * 1000);
  const after = await sent();
  print({ packets: after.packets - before.packets });
};

const perform = async (page) => {
  if (['speak', 'restart', 'red'].includes(role)) {
    if (role === 'red')
      await page.evaluate(() => window.preferRed());
    await page.evaluate((o) => window.speak(o), { server, name });
    console.log('speaking');
    await page.waitForFunction('window.isConnected()', null,
                               { timeout: 60000 });
    if (role === 'restart') {
      const port = () => page.evaluate(() => window.localPort());
      while (!await port())
        await delay(100);
      await delay(2000);
      while (!await port())
        await delay(100);
      print({
        before: await page.evaluate(() => window.localPort()),
        opened: (await page.evaluate(() => window.sent())).sessions,
      });
      await page.evaluate(() => window.restartIce());
      console.log('restarted');
    }
    if (role === 'red')
      await speakInRed(page);
    else
      await page.waitForTimeout(+seconds * 1000);
    if (role === 'restart')
      print({
        after: await page.evaluate(() => window.localPort()),
        ...await page.evaluate(() => window.sent()),
      });
    await page.evaluate(() => window.leave());
    return;
  }
  print(await page.evaluate((o) => window.listen(o), {
    server, name, seconds: +seconds, offer: role === 'offer',
  }));
  await page.evaluate(() => window.leave());
};

const LATER_MS = 8000;

/* From a second after the muting on: what was on its way has left by then. */
const muteAndUnmute = async (pages) => {
  const all = (func) => Promise.all(Object.entries(pages).map(
    async ([way, page]) => [way, await func(page, way)]));
  /* What fails in one page is no reason for the others to end. */
  const each = (name) => all((page, way) => page.evaluate(
    ([f, w]) => window[f](w), [name, way]).catch((error) => console.error(
    `${way}: ${name}: ${error.message.split('\n')[0]}`)));
  const sent = async () => Object.fromEntries(
    await all((page) => page.evaluate(() => window.sent())));

  await all((page) => page.waitForFunction('window.isConnected()'));
  await delay(3000);
  await all((page) => page.waitForFunction('window.isSettled()'));
  const start = await sent();
  await each('mute');
  console.log('muted');
  await delay(1000);
  const before = await sent();
  await delay(LATER_MS);
  await each('later');
  await delay(+seconds * 1000 - LATER_MS - 1000);
  const after = await sent();
  await each('unmute');
  console.log('unmuted');
  await delay(3000);
  const end = await sent();
  for (const way of Object.keys(pages)) {
    console.log(`${way}.sessions=${after[way].sessions - start[way].sessions}`);
    console.log(`${way}.all=${end[way].sessions - start[way].sessions}`);
    console.log(`${way}.packets=${after[way].packets - before[way].packets}`);
  }
  await all((page) => page.evaluate(() => window.leave()));
};

const performMute = async (open) => {
  const pages = {};
  for (const way of name.split(',')) {
    pages[way] = await open();
    await pages[way].evaluate((o) => window.speak(o), { server, name: way });
  }
  console.log('speaking');
  await muteAndUnmute(pages);
};

const profile = await mkdtemp(join(process.env.RW_WORK || tmpdir(), 'chromium-'));
const web = await serve();
let context;
try {
  context = process.env.RW_FIREFOX ? await launchFirefox()
    : await launchChromium(profile);
  const open = async () => {
    const page = await context.newPage();
    page.on('console', (message) => console.error(`page: ${message.text()}`));
    page.on('pageerror', (error) => console.error(`page: ${error}`));
    page.setDefaultTimeout(60000);
    await page.goto(`http://127.0.0.1:${web.address().port}/`);
    await page.waitForFunction('window.ready');
    return page;
  };
  await (role === 'mute' ? performMute(open) : perform(await open()));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  if (context)
    await context.close();
  web.close();
  await rm(profile, { recursive: true, force: true });
}
