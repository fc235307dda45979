/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* web.mjs: the page in each browser at the same time, as TAP; see web.sh. */
import { join } from 'node:path';
import { openBrowser } from './browsers.mjs';
import { measureContrast } from './contrast.mjs';
import {
  done, isLoud, kill, killAll, levels, pass, PORT, result, startDesk, startEar,
  startRoomEar, startServer, startTone, stop, until,
} from './web-lab.mjs';

const shots = process.env.RW_SHOTS;
const url = `http://127.0.0.1:${PORT}/`;
const names = process.env.RW_FIREFOX ? ['chromium', 'firefox'] : ['chromium'];

const text = (page, selector) => page.locator(selector).textContent();
const textIs = (page, selector, wanted, seconds = 10) => until(
  seconds, async () => {
    const found = await text(page, selector);
    return typeof wanted === 'string' ? found === wanted : wanted.test(found);
  });
const view = (page, name) => page.locator(`nav a[href="#${name}"]`).click();
const level = async (page, selector) => Number(
  await page.locator(`${selector} .meter`).getAttribute('aria-valuenow'));

const shoot = async ({ name, page }, picture) => {
  if (!shots || name !== 'chromium')
    return;
  await page.screenshot({ path: join(shots, `web-${picture}.png`) });
  await page.setViewportSize({ width: 375, height: 720 });
  await page.screenshot({ path: join(shots, `web-${picture}-phone.png`) });
  await page.setViewportSize({ width: 1000, height: 720 });
};

const all = (browsers, func) => Promise.all(browsers.map(func));

/* Every word on every view, in both schemes. */
const checkContrast = async ({ name, page }, picture) => {
  const bad = [];
  for (const colorScheme of name === 'chromium' ? ['dark', 'light'] : ['dark']) {
    if (name === 'chromium')
      await page.emulateMedia({ colorScheme });
    bad.push(...await page.evaluate(measureContrast));
  }
  if (name === 'chromium')
    await page.emulateMedia({ colorScheme: 'dark' });
  result(bad.length === 0, `${name}: contrast on ${picture}`, bad.join('; '));
};

const listen = async (browser) => {
  const { name, page } = browser;
  await page.locator('#streams button', { hasText: 'tone' }).click();
  const words = '.line[data-name=tone] .state';
  result(await textIs(page, words, 'live'), `${name}: a stream is live`,
         await text(page, words));
  result(await until(5, async () => (
    await level(page, '.line[data-name=tone]') > -25)),
  `${name}: its meter shows the tone`,
  await level(page, '.line[data-name=tone]'));
  await checkContrast(browser, 'Listen');
};

const join_ = async ({ name, page }) => {
  await view(page, 'talk');
  await page.locator('#name').fill(name);
  await page.locator('#room-id').fill('stage');
  await page.locator('#join button').click();
  result(await textIs(page, '#floor', 'the floor is free'),
         `${name}: joins a room`, await text(page, '#floor'));
  result(await text(page, '#microphone-state') === 'muted',
         `${name}: the microphone begins muted`);
  await page.locator('#mute').click();
  result(await textIs(page, '#microphone-state', /^ready/),
         `${name}: and is ready after a click`,
         await text(page, '#microphone-state'));
};

/* Holds the key with the pointer or the space bar. */
const hold = async (page, by) => {
  if (by === 'space') {
    await page.locator('h1').click();
    await page.keyboard.down('Space');
    return;
  }
  const box = await page.locator('#talk-key').boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
};
const release = (page, by) => (
  by === 'space' ? page.keyboard.up('Space') : page.mouse.up());

const talk = async (browser, others, by) => {
  const { name, page } = browser;
  const from = levels(name).length;
  const roomFrom = levels('stage').length;
  await hold(page, by);
  result(await textIs(page, '#floor', /^you are on air/),
         `${name}: has the floor (${by})`, await text(page, '#floor'));
  result(await until(15, () => isLoud(name, from)),
         `${name}: a source receives the voice`,
         levels(name).slice(-5).join(' '));
  result(await until(15, () => isLoud('stage', roomFrom)),
         `${name}: so does a source that listens to the room`,
         levels('stage').slice(-5).join(' '));
  for (const other of others) {
    result(await textIs(other.page, '#floor', `${name} is on air`),
           `${other.name}: shows who is on air`,
           await text(other.page, '#floor'));
    result(await until(10, () => other.page.evaluate((speaker) => {
      const line = window.app.roomAudio.lines.get(speaker);
      return line && line.meter.level > -50;
    }, name)), `${other.name}: receives ${name} in the room`);
  }
  if (by === 'pointer')
    await shoot(browser, 'talk');
  await checkContrast(browser, 'Talk');
  await release(page, by);
  result(await textIs(page, '#floor', 'the floor is free'),
         `${name}: lets go`, await text(page, '#floor'));
  const after = levels(name).length + 10;
  await until(3, () => levels(name).length > after + 5);
  result(!isLoud(name, after), `${name}: nothing is sent after it`,
         levels(name).slice(after).join(' '));
};

/* A resilientwebrtcsink with the floor of the room. */
const hearElement = async (browsers) => {
  const desk = startDesk('stage');
  await all(browsers, async ({ name, page }) => {
    result(await textIs(page, '#floor', 'desk is on air', 15),
           `${name}: shows that an element is on air`,
           await text(page, '#floor'));
    result(await until(15, () => page.evaluate(() => {
      const line = window.app.roomAudio.lines.get('desk-audio');
      return line && line.receiver.state === 'live' && line.meter.level > -30;
    })), `${name}: receives the element in the room`);
  });
  await stop(desk);
  await all(browsers, async ({ name, page }) => {
    result(await textIs(page, '#floor', 'the floor is free', 15),
           `${name}: shows that the element has gone`,
           await text(page, '#floor'));
    result(await until(10, () => page.evaluate(
      () => !window.app.roomAudio.lines.has('desk-audio'))),
    `${name}: and drops its line`);
  });
};

const message = async (browsers) => {
  await all(browsers, ({ page }) => view(page, 'room'));
  const [first] = browsers;
  await first.page.locator('#message').fill('Stand by, <b>studio</b>');
  await first.page.keyboard.press('Enter');
  await all(browsers, async (browser) => {
    const { name, page } = browser;
    result(await textIs(page, '#messages li:last-child > span',
                        'Stand by, <b>studio</b>'),
           `${name}: a message arrives as text`);
    result(await until(10, async () => (
      await page.locator('#members li').count() === browsers.length + 1)),
    `${name}: the members are listed`);
    await checkContrast(browser, 'Room');
  });
};

/* The user has muted; from here on nobody may be heard. */
const mute = async ({ page }) => {
  await view(page, 'talk');
  await page.locator('[name=mode][value=open]').check();
  await page.locator('#talk-key').click();
  await textIs(page, '#floor', 'you are on air');
  await page.locator('#mute').click();
};

const watchStates = ({ page }) => page.evaluate(() => {
  const { receiver } = window.app.views.listen.lines.get('tone');
  window.seen = { states: [], paths: new Set([receiver.current]) };
  window.watch = setInterval(() => {
    window.seen.states.push(receiver.state);
    window.seen.paths.add(receiver.current);
  }, 20);
});

const checkOutage = async ({ name, page }, quietFrom) => {
  result(await textIs(page, '#server', 'server connected', 15),
         `${name}: signalling comes back`, await text(page, '#server'));
  await pass(2);
  const seen = await page.evaluate(() => {
    clearInterval(window.watch);
    return { states: [...new Set(window.seen.states)],
      sessions: window.seen.paths.size, packets: window.seen.states.length };
  });
  result(seen.states.join() === 'live' && seen.sessions === 1,
         `${name}: the audio goes on in its session`, JSON.stringify(seen));
  result(await textIs(page, '#microphone-state', 'muted')
         && await page.evaluate(() => window.app.microphone.track === null),
  `${name}: the microphone is still muted`,
  await text(page, '#microphone-state'));
  result(!isLoud(name, quietFrom), `${name}: mute is silence at the source`,
         levels(name).slice(quietFrom).join(' '));
};

const rejoin = async (browsers) => {
  await all(browsers, ({ page }) => view(page, 'room'));
  await all(browsers, async ({ name, page }) => {
    result(await until(10, async () => (
      await page.locator('#members li').count() === browsers.length + 1)),
    `${name}: the members are back in the room`);
  });
  const { name, page } = browsers[0];
  result(await textIs(page, '#messages li:last-child > span',
                      'sent during the outage'),
         `${name}: what it wrote during the outage was sent`);
};

const operate = async (browser) => {
  const { name, page } = browser;
  await view(page, 'operate');
  result(await textIs(page, '#operate-state', 'live'),
         `${name}: the history is there`, await text(page, '#operate-state'));
  result(Number(await text(page, '#numbers [data-field=connections]'))
         >= names.length, `${name}: connections are counted`);
  await checkContrast(browser, 'Operate');
};

const reload = async ({ name, page }) => {
  await page.reload();
  await view(page, 'talk');
  result(await page.locator('#name').inputValue() === name
         && await page.evaluate(() => window.app.microphone.isMuted
           && window.app.microphone.track === null),
  `${name}: after a reload nothing captures`);
};

const perform = async (browsers, tone, server) => {
  await all(browsers, listen);
  await shoot(browsers[0], 'listen');
  await all(browsers, join_);
  await hearElement(browsers);
  const others = (one) => browsers.filter((other) => other !== one);
  await talk(browsers[0], others(browsers[0]), 'pointer');
  if (browsers[1])
    await talk(browsers[1], others(browsers[1]), 'space');
  await message(browsers);

  await all(browsers, mute);
  await pass(1.5);
  const quiet = Object.fromEntries(
    browsers.map(({ name }) => [name, levels(name).length]));
  await all(browsers, watchStates);
  await kill(server);
  await all(browsers, async ({ name, page }) => result(
    await textIs(page, '#server', /^no server since/),
    `${name}: shows that the server is away`, await text(page, '#server')));
  await browsers[0].page.evaluate(
    () => window.app.member.publish('sent during the outage'));
  const again = await startServer();
  await all(browsers, (browser) => checkOutage(browser, quiet[browser.name]));
  await rejoin(browsers);
  await shoot(browsers[0], 'room');
  await all(browsers, operate);
  await shoot(browsers[0], 'operate');

  await all(browsers, ({ page }) => view(page, 'listen'));
  await kill(tone);
  const words = '.line[data-name=tone] .state';
  await all(browsers, async ({ name, page }) => result(
    await textIs(page, words, /^no connection since \d/),
    `${name}: a line that is down is shown`, await text(page, words)));
  await all(browsers, (browser) => checkContrast(browser, 'a lost line'));
  await shoot(browsers[0], 'lost');
  startTone('tone');
  await all(browsers, async ({ name, page }) => result(
    await textIs(page, words, 'live', 20), `${name}: and is back`,
    await text(page, words)));
  await all(browsers, reload);
  return again;
};

const browsers = [];
try {
  const server = await startServer();
  const tone = startTone('tone');
  names.forEach(startEar);
  startRoomEar('stage');
  browsers.push(...await Promise.all(
    names.map((name) => openBrowser(name, url))));
  await perform(browsers, tone, server);
  await all(browsers, async ({ name, errors }) => {
    /* The server is killed on purpose. */
    const real = errors.filter((line) => !/WebSocket connection to|can.t establish a connection to the server|ERR_CONNECTION_REFUSED|The connection to ws:.* was interrupted/.test(line));
    result(real.length === 0, `${name}: no error in the console`,
           real.join('; '));
  });
} catch (error) {
  result(false, 'the test of the page ends', error.stack);
} finally {
  await Promise.all(browsers.map(({ close }) => close()));
  await killAll();
}
done();
