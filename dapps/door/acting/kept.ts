import type { AgentNode } from '../../sdk/agent-node.ts';
import { asObject } from '../../sdk/fields.ts';
import type { Moment } from '../../sdk/moment.ts';
import { parseDoor } from '../door-record.ts';
import { doorKey } from '../keys.ts';
import { rowsUnder } from '../rows.ts';

/** The doors that have keep-open hours. */
export async function keptDoors(node: AgentNode): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name, value } of rowsUnder(node, doorKey(''))) {
    if (parseDoor(asObject(value, name)).keepOpen !== null) names.push(name);
  }
  return names;
}

/** Writes down that a door is kept open from now on, or no longer. */
export async function tellKept(
  node: AgentNode,
  door: string,
  on: boolean,
  rule: string,
  at: Moment,
  fault?: string,
): Promise<void> {
  await node.append('kept', { door, on, rule, ...(fault === undefined ? {} : { fault }), clock: at.quality });
}
