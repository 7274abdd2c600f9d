import type { Program } from './program.ts';

/** Waits until the lines of a `socat -d -d` are there. @throws when it ends instead. */
export async function plugIn(socat: Program): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = () => {
    if (socat.stderr.includes('starting data transfer')) resolve();
    else if (socat.hasEnded) reject(new Error(`socat ended: ${socat.stderr}`));
  };
  socat.onChange(look);
  look();
  await promise;
}
