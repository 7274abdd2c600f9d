/** One line that rewrites itself on a terminal; silent where nobody looks. */
export function showProgress(stage: string, done: number, total: number): void {
  if (!process.stderr.isTTY) return;
  const isLast = done >= total;
  process.stderr.write(`\r${stage}: ${done} of ${total}\x1b[K${isLast ? '\n' : ''}`);
}
