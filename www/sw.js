// Keeps the page's files, so that it opens without a network. `www/build` fills in which they are.
//
// The page itself is asked for first where there is a network: so a new build is seen at once. Its other files lie in
// a folder that is named after their content, and are never asked for again. A new build's service worker waits until
// no page of the old one is open: each page goes on with the files that it began with.

const VERSION = 'none';
const FILES = [];

const SCOPE = self.registration.scope;
const PREFIX = `slimpix ${SCOPE} `;
const CACHE = PREFIX + VERSION;
const OURS = new Set(FILES.map((file) => new URL(file, SCOPE).href));
// A network that doesn't answer must not keep the page from opening.
const PATIENCE_MILLISECONDS = 3000;

self.addEventListener('install', (event) => event.waitUntil(fill()));
self.addEventListener('activate', (event) => event.waitUntil(takeOver()));
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  url.search = '';
  url.hash = '';
  // What else lies below the page's path is not ours to answer.
  if (request.method !== 'GET' || !OURS.has(url.href)) return;
  event.respondWith(request.mode === 'navigate' ? newest(request, url.href) : kept(request, url.href));
});

async function fill() {
  const cache = await caches.open(CACHE);
  // What the page has just fetched is at hand, if it is named after its content.
  const how = (url) => (url.includes(`/${VERSION}/`) ? 'default' : 'no-cache');
  await cache.addAll([...OURS].map((url) => new Request(url, { cache: how(url) })));
}

async function takeOver() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function newest(request, url) {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MILLISECONDS) });
    if (answer.ok) return answer;
  } catch {
    // No network.
  }
  return kept(request, url);
}

async function kept(request, url) {
  const cache = await caches.open(CACHE);
  return await cache.match(url, { ignoreVary: true }) ?? fetch(request);
}
