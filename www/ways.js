// The ways in: files that are chosen, pasted, or dropped, folders among them.

/** Calls `add(files)` for what comes. */
export function listen(choose, add) {
  choose.addEventListener('change', () => {
    add([...choose.files]);
    // The same file may be chosen again.
    choose.value = '';
  });
  document.addEventListener('paste', ({ clipboardData }) => add([...clipboardData.files]));
  setUpDrop(add);
}

function setUpDrop(add) {
  // dragenter and dragleave come in pairs for every element on the way.
  let depth = 0;
  const over = (is) => document.body.classList.toggle('is-over', is);
  const hasFiles = ({ dataTransfer }) => [...dataTransfer.types].includes('Files');
  document.addEventListener('dragenter', (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    over(true);
  });
  document.addEventListener('dragleave', (event) => {
    if (!hasFiles(event)) return;
    depth = Math.max(0, depth - 1);
    over(depth > 0);
  });
  document.addEventListener('dragover', (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  document.addEventListener('drop', async (event) => {
    depth = 0;
    over(false);
    if (!hasFiles(event)) return;
    event.preventDefault();
    add(await droppedFiles(event.dataTransfer));
  });
}

/** The dropped files, those in dropped folders too. */
async function droppedFiles(transfer) {
  // Both lists end with the event: take what they have before the first await.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const files = [...transfer.files];
  if (!entries.some((entry) => entry.isDirectory)) return files;
  return (await Promise.all(entries.map(filesIn))).flat();
}

async function filesIn(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    found.push(...some);
  }
  const shown = found.filter(({ name }) => !name.startsWith('.'));
  return (await Promise.all(shown.map(filesIn))).flat();
}
