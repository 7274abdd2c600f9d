import type { AgentNode } from '../../sdk/agent-node.ts';
import { CallError } from '../../sdk/peer.ts';
import type { Door } from '../door-record.ts';

/** What became of an output, for a fact: the pulse's id, or the code with which the node refused it. */
export type Opening = { readonly pulse: string } | { readonly fault: string };

export async function openDoor(node: AgentNode, { output, openMs }: Door): Promise<Opening> {
  try {
    const { pulse } = await node.pulse(output, openMs);
    return { pulse };
  } catch (error) {
    if (error instanceof CallError) return { fault: error.code };
    throw error;
  }
}
