import type { AgentNode } from '../../sdk/agent-node.ts';
import { CallError } from '../../sdk/peer.ts';
import type { NamedDoor } from '../door-record.ts';
import { monotonicMs, type Releases } from './releases.ts';

/** What became of an output, for a fact: the pulse's id, or the code with which the node refused it. */
export type Opening = { readonly pulse: string } | { readonly fault: string };

/** @param ms how long; as long as the door says when left out. */
export async function openDoor(
  node: AgentNode,
  { name, door }: NamedDoor,
  releases: Releases,
  ms: number = door.openMs,
): Promise<Opening> {
  const end = releases.begin(name);
  try {
    const { pulse, atNs } = await node.pulse(door.output, ms);
    end(monotonicMs(atNs) + ms);
    return { pulse };
  } catch (error) {
    end(null);
    if (error instanceof CallError) return { fault: error.code };
    throw error;
  }
}
