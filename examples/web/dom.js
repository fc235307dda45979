/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Elements without markup in strings: what comes from the network is text. */

export const $ = (id) => document.getElementById(id);

/* make('button', {type: 'button', onclick: f, class: 'x'}, 'text', child...) */
export const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on'))
      element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false)
      element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
};

export const svg = (tag, attributes = {}, ...children) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes))
    element.setAttribute(name, value);
  element.append(...children);
  return element;
};

/* Sets text only when it changes: a live region is read out once. */
export const setText = (element, text) => {
  if (element.textContent !== text)
    element.textContent = text;
};

/* good, fair, bad or idle: the colour of the dot beside the words. */
export const setState = (element, { text, tone }) => {
  element.dataset.tone = tone;
  setText(element, text);
};
