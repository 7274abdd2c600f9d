import type { Json, JsonObject } from '../../base/json.ts';
import type { Randomness } from '../../base/ports.ts';
import type { Space } from '../space.ts';

/** What one operation has to work with. */
export interface OperationContext {
  readonly space: Space;
  readonly randomness: Randomness;
  /** Called while a long operation goes on. */
  readonly progress: (stage: string, done: number, total: number) => void;
}

/** What a person asks of a space, whether a node runs or not. Parameters and results are JSON. */
export type Operation = (context: OperationContext, params: JsonObject) => Promise<Json>;

export type Operations = Readonly<Record<string, Operation>>;
