// Reads the figures that Prometheus would read, every two seconds while somebody looks.

const PERIOD = 2000;
const SHOWN = 150;
const SVG = 'http://www.w3.org/2000/svg';
const DECISIONS = {
  variant: 'a variant', source: 'the original is best', for_now: 'the original for now', passed_through: 'no picture', answer: 'a kept answer',
  json: 'JSON', health: 'health', refused: 'refused', other: 'anything else',
};
const lines = new Map();
let before = null;
let isLooking = false;

/** The samples of Prometheus's text: [{name, labels, value}]. */
function parse(text) {
  const samples = [];
  for (const line of text.split('\n')) {
    const [, name, labels, value] = line.match(/^([a-z_]+)(?:\{(.*)\})? (\S+)$/) ?? [];
    if (!name) continue;
    const pairs = [...(labels ?? '').matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, key, word]) => [key, word]);
    samples.push({ name, labels: Object.fromEntries(pairs), value: Number(value) });
  }
  return samples;
}

/** The sum of a name's samples that have these labels; null where there is none. */
function sum(samples, name, labels = {}) {
  const is = (sample) => sample.name === name && Object.entries(labels).every(([key, word]) => sample.labels[key] === word);
  const found = samples.filter(is);
  return found.length ? found.reduce((all, { value }) => all + value, 0) : null;
}

const count = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const few = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

function bytes(number) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let unit = 0;
  while (number >= 999.5 && unit < units.length - 1) {
    number /= 1000;
    unit += 1;
  }
  return `${number.toLocaleString('en', { maximumSignificantDigits: 3 })} ${units[unit]}`;
}

const seconds = (number) => (number < 1 ? `${count.format(number * 1000)} ms` : `${few.format(number)} s`);
const share = (part, all) => (all > 0 ? `${few.format(100 * part / all)} %` : '–');

function say(name, text) {
  for (const place of document.querySelectorAll(`[data-text="${name}"]`)) {
    if (place.textContent !== text) place.textContent = text;
  }
}

/** Adds to a line, and draws it anew. */
function draw(name, value) {
  const values = lines.get(name) ?? [];
  values.push(value);
  values.splice(0, values.length - SHOWN);
  lines.set(name, values);
  const svg = document.querySelector(`[data-line="${name}"]`);
  const most = Math.max(...values, Number.MIN_VALUE);
  const points = values.map((one, at) => `${SHOWN - values.length + at},${(29 - 27 * one / most).toFixed(1)}`);
  let line = svg.firstElementChild;
  if (!line) {
    svg.setAttribute('viewBox', `0 0 ${SHOWN - 1} 30`);
    svg.setAttribute('preserveAspectRatio', 'none');
    line = svg.appendChild(document.createElementNS(SVG, 'polyline'));
  }
  line.setAttribute('points', points.join(' '));
}

function row(cells) {
  const tr = document.createElement('tr');
  cells.forEach((text, at) => {
    const cell = document.createElement(at ? 'td' : 'th');
    if (!at) cell.scope = 'row';
    cell.textContent = text;
    tr.append(cell);
  });
  return tr;
}

function meter(id, value, most) {
  document.getElementById(id).value = most > 0 ? value / most : 0;
}

function show(samples, now) {
  const of = (name, labels) => sum(samples, `slimpix_${name}`, labels) ?? 0;
  const total = {
    requests: of('requests_total'), hits: of('hits_total'), saved: of('bytes_saved_total'), conversions: of('conversions_total'),
    pictures: ['variant', 'source', 'for_now'].reduce((all, decision) => all + of('requests_total', { decision }), 0),
  };
  // After a restart all begins anew.
  const last = before && before.total.requests <= total.requests ? before : null;
  const passed = last ? (now - last.now) / 1000 : 0;
  const rate = (name) => (passed > 0 ? Math.max(total[name] - last.total[name], 0) / passed : 0);
  before = { total, now };

  const version = samples.find(({ name }) => name === 'slimpix_build_info')?.labels.version;
  say('version', version ?? '');
  say('requests', count.format(total.requests));
  say('requests-rate', few.format(rate('requests')));
  say('hits', count.format(total.hits));
  say('hit-share', share(total.hits, total.pictures));
  say('saved', bytes(total.saved));
  say('saved-rate', bytes(rate('saved')));
  say('conversions', count.format(total.conversions));
  for (const name of ['requests', 'hits', 'saved', 'conversions']) draw(name, rate(name));
  say('jobs', count.format(of('jobs')));
  say('jobs-limit', count.format(of('jobs_limit')));
  say('queue', count.format(of('queue_length')));
  draw('queue', of('queue_length'));
  const waits = of('queue_wait_seconds_count');
  say('wait', waits ? seconds(of('queue_wait_seconds_sum') / waits) : '–');
  say('shed', count.format(of('shed_total')));
  say('memory', bytes(of('memory_used_bytes')));
  say('memory-limit', bytes(of('memory_budget_bytes')));
  meter('memory', of('memory_used_bytes'), of('memory_budget_bytes'));
  const resident = sum(samples, 'process_resident_memory_bytes');
  say('resident', resident === null ? '–' : bytes(resident));
  const limit = of('store_limit_bytes');
  say('store', bytes(of('store_bytes')));
  say('store-limit', limit ? `of ${bytes(limit)}` : 'without a limit');
  meter('store', of('store_bytes'), limit);
  ahead(of);
  shared(samples, of);
  decisions(of, total.requests);
  formats(samples, of);
  return of('ready') === 1;
}

function ahead(of) {
  const [done, failed, left] = ['done_total', 'failed_total', 'left'].map((name) => of(`prefetch_${name}`));
  document.getElementById('prefetch').hidden = done + failed + left === 0;
  say('prefetch-done', count.format(done));
  say('prefetch-left', count.format(left));
  say('prefetch-failed', count.format(failed));
  meter('ahead', done + failed, done + failed + left);
}

function shared(samples, of) {
  const hits = sum(samples, 'slimpix_shared_hits_total');
  document.getElementById('shared').hidden = hits === null;
  if (hits === null) return;
  say('shared-hits', count.format(hits));
  say('shared-asked', count.format(hits + of('shared_misses_total')));
  say('shared-read', bytes(of('shared_read_bytes_total')));
  say('shared-written', bytes(of('shared_written_bytes_total')));
  say('shared-leases', count.format(of('shared_leases')));
  say('shared-waits', count.format(of('shared_lease_waits_total')));
  say('shared-over', count.format(of('shared_leases_taken_over_total')));
  say('shared-errors', count.format(of('shared_errors_total')));
  say('shared-away', of('shared_away') ? '; the bucket is left alone just now' : '');
}

function decisions(of, all) {
  const counted = Object.entries(DECISIONS).map(([decision, words]) => [words, of('requests_total', { decision })]);
  const rows = counted.filter(([, number]) => number > 0).sort(([, one], [, other]) => other - one);
  document.getElementById('decisions').replaceChildren(
    ...rows.map(([words, number]) => row([words, count.format(number), share(number, all)])),
  );
}

function formats(samples, of) {
  const known = new Set(samples.filter(({ name }) => name === 'slimpix_conversions_total').map(({ labels }) => labels.format));
  const rows = [...known].map((format) => {
    const result = (what) => count.format(of('conversions_total', { format, result: what }));
    const [took, times] = ['sum', 'count'].map((what) => of(`conversion_seconds_${what}`, { format }));
    const [came, went] = ['input', 'output'].map((what) => of(`conversion_${what}_bytes_total`, { format }));
    return row([format, result('made'), result('kept'), result('failed'), times ? seconds(took / times) : '–', share(went, came)]);
  });
  document.getElementById('formats').replaceChildren(...rows);
}

function showRecent(told) {
  const items = told.map(({ ms, level, text }) => {
    const item = document.createElement('li');
    const time = document.createElement('time');
    time.dateTime = new Date(ms).toISOString();
    time.textContent = new Date(ms).toLocaleString();
    const words = document.createElement('span');
    words.dataset.level = level;
    words.textContent = text;
    item.append(time, words);
    return item;
  });
  document.getElementById('recent').replaceChildren(...items.reverse());
}

function state(name, words) {
  const place = document.getElementById('state');
  place.dataset.state = name;
  if (place.textContent !== words) place.textContent = words;
}

async function ask(path) {
  const response = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`the server answers ${response.status}`);
  return response;
}

async function look() {
  if (document.hidden || isLooking) return;
  isLooking = true;
  try {
    const [figures, recent] = await Promise.all([ask('metrics'), ask('recent')]);
    const isReady = show(parse(await figures.text()), performance.now());
    showRecent(await recent.json());
    state(isReady ? 'well' : 'bad', isReady ? 'Ready' : 'Not ready: requests should go elsewhere');
  } catch (error) {
    before = null;
    state('bad', `No figures: ${error.message}`);
  } finally {
    isLooking = false;
  }
}

document.addEventListener('visibilitychange', look);
for (;;) {
  await look();
  await new Promise((done) => { setTimeout(done, PERIOD); });
}
