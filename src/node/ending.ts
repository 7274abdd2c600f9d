import { CodedError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';

type Progress = (stage: string, done: number, total: number) => void;
type Handler = (params: JsonObject, progress: Progress) => Promise<Json>;

/**
 * `handler`, ended by `ending`: its caller is told at once that no answer comes, and the work itself stops at its next
 * report of progress.
 * @throws node_stopping.
 */
export function untilEnd(ending: AbortSignal, handler: Handler): Handler {
  return async (params, progress) => {
    const { promise: over, reject } = Promise.withResolvers<never>();
    const leave = () => reject(stopping());
    if (ending.aborted) throw stopping();
    ending.addEventListener('abort', leave);
    try {
      const work = handler(params, (stage, done, total) => {
        ending.throwIfAborted();
        progress(stage, done, total);
      });
      return await Promise.race([work, over]);
    } finally {
      ending.removeEventListener('abort', leave);
    }
  };
}

function stopping(): CodedError {
  return new CodedError('node_stopping', 'the node stops before this was answered', {
    advice: 'What it had written down by then stays; `blockmesh log` shows it.',
  });
}

/** `task`, which runs at the first call; every call gets its result. */
export function once(task: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | null = null;
  return () => {
    result ??= task();
    return result;
  };
}
