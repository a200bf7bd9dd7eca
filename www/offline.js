// Makes the page usable without a network, and installable: registers the service worker, where there can be one.

/** Calls `onready` once a later visit needs no network. */
export async function keepOffline(onready) {
  // Only over https and on this machine, and not where the user has turned it off.
  if (!navigator.serviceWorker) return;
  try {
    await navigator.serviceWorker.register(new URL('sw.js', document.baseURI));
    await navigator.serviceWorker.ready;
    onready();
  } catch {
    // Without it the page works as long as it is open.
  }
}
