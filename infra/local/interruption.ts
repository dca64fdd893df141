/**
 * Turns Ctrl-C, an end of the terminal or a polite kill into an abort, so that whoever started something can stop it.
 * npm passes a Ctrl-C on that the terminal has sent already, so repetitions mean nothing.
 */
export function abortOnInterruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => controller.abort());
  // Whoever read our output has gone (`npm run demo | head`): without a listener that would end us on the spot.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => controller.abort());
  return controller.signal;
}

/** Has a command go on to its end, unheard, when whoever read its output has gone (`… list | head`). */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}

/** Resolves when the signal aborts. Keeps the process alive until then. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const alive = setInterval(() => undefined, 60_000);
  return new Promise((resolve) => {
    signal.addEventListener(
      "abort",
      () => {
        clearInterval(alive);
        resolve();
      },
      { once: true },
    );
  });
}
