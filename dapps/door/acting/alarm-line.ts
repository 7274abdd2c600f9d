import type { AgentNode } from '../../sdk/agent-node.ts';
import type { Moment } from '../../sdk/moment.ts';
import { CallError } from '../../sdk/peer.ts';
import type { Alarm } from '../alarms.ts';

/** One alarm of one door. */
export interface Line {
  readonly door: string;
  readonly alarm: Alarm;
  /** Whether what it is about is there now; null: not known yet in this life of the agent. */
  cause: boolean | null;
  /** Whether a fact has said that it is on, and none that it is off. */
  isTold: boolean;
  /** Whether the state has it: from then on its absence means that somebody has cleared it. */
  isInState: boolean;
  event: string | null;
}

/** Writes down that it is on or off. @returns whether that worked. */
export async function tellLine(
  { door, alarm, event }: Line,
  on: boolean,
  at: Moment,
  node: AgentNode,
): Promise<boolean> {
  try {
    await node.append('alarm', { door, alarm, on, ...(event === null ? {} : { event }), clock: at.quality });
    return true;
  } catch (error) {
    if (error instanceof CallError) return false;
    throw error;
  }
}
