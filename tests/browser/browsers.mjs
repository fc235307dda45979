/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chromium and Firefox, headless, with a microphone that is none. Chromium
 * plays RW_SPEECH as its microphone, Firefox a tone. */
import { createRequire } from 'node:module';
import { join } from 'node:path';

const modules = process.env.RW_NODE_MODULES;
const playwright = createRequire(join(modules, '../package.json'))(
  'playwright-core');

/* Firefox, started on a busy machine, at times never answers the first message
 * of its driver: it is started again. */
const LAUNCH_MS = 15000;
const LAUNCHES = 3;

const launchChromium = () => playwright.chromium.launch({
  timeout: LAUNCH_MS,
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  headless: true,
  args: [
    '--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu',
    '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
    `--use-file-for-fake-audio-capture=${process.env.RW_SPEECH}`,
    '--disable-features=WebRtcHideLocalIpsWithMdns,LocalNetworkAccessChecks',
  ],
});

/* The system's own Firefox, by WebDriver BiDi. */
const launchFirefox = () => playwright._bidiFirefox.launch({
  timeout: LAUNCH_MS,
  executablePath: process.env.RW_FIREFOX,
  headless: true,
  firefoxUserPrefs: {
    'media.navigator.streams.fake': true,
    'media.navigator.permission.disabled': true,
    'media.autoplay.default': 0,
    'media.autoplay.blocking_policy': 0,
    'media.peerconnection.ice.obfuscate_host_addresses': false,
    'media.peerconnection.ice.loopback': false,
    'network.captive-portal-service.enabled': false,
    'dom.push.connection.enabled': false,
  },
});

const launch = async (func) => {
  for (let n = 1; ; n++) {
    try {
      return await func();
    } catch (error) {
      if (n === LAUNCHES || !/Timeout/.test(error.message))
        throw error;
      console.log(`# a browser did not start: ${n}`);
    }
  }
};

/* name: 'chromium' or 'firefox'. */
export const launchBrowser = (name) => launch(
  name === 'firefox' ? launchFirefox : launchChromium);

/* name: as above. Returns {name, page, errors, close}. */
export const openBrowser = async (name, url) => {
  const browser = await launchBrowser(name);
  const context = await browser.newContext();
  const page = await context.newPage();
  const errors = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()))
      errors.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => errors.push(`${error}`));
  page.setDefaultTimeout(20000);
  await page.setViewportSize({ width: 1000, height: 720 });
  await page.goto(url);
  return {
    name, page, errors,
    close: () => browser.close(),
  };
};
