/** Reads asked together; well below the calls that may wait for the node. */
const TOGETHER_MAX = 32;

/** `task` of every item, in order, some at a time. */
export async function each<T, R>(items: readonly T[], task: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += TOGETHER_MAX) {
    results.push(...(await Promise.all(items.slice(from, from + TOGETHER_MAX).map(task))));
  }
  return results;
}
