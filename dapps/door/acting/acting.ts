import type { AgentDefinition } from '../../sdk/agent.ts';
import { KINDS, NAME, VERSION } from '../identity.ts';
import { answerBadge } from './badge.ts';
import { isMemberDenial, ownChange } from './changes.ts';
import { Keeper, MINUTE_TIMER } from './keeper.ts';
import { Memory } from './memory.ts';
import { ENFORCE_TIMER, Enforcer } from './orders.ts';
import { answerOpen } from './request.ts';

/** The acting half of dapp `door`. Each has a memory of its own, as long as its process lives. */
export function doorAgent(): AgentDefinition {
  const memory = new Memory();
  const keeper = new Keeper(memory);
  const enforcer = new Enforcer(keeper);

  return {
    name: NAME,
    version: VERSION,
    kinds: KINDS,
    onStart: async (node) => {
      await keeper.start(node);
      // What an earlier life of this agent has opened may have been shut by order since.
      await node.schedule(ENFORCE_TIMER, 1);
    },
    onEvent: { 'badge/+': (event, node) => answerBadge(event, node, memory) },
    onTimer: async (timer, at, node) => {
      if (timer === MINUTE_TIMER) await keeper.minute(at, node);
      else if (timer === ENFORCE_TIMER) await enforcer.retry(at, node);
      else await keeper.renew(at, node);
    },
    onChanged: async (dapp, keys, at, node) => {
      const { isDenial, isSetting } = dapp === NAME ? ownChange(keys) : { isDenial: false, isSetting: false };
      if (isDenial || (dapp === 'membership' && isMemberDenial(keys))) memory.denialArrived();
      if (isDenial) await enforcer.enforce(at, node);
      if (isSetting) await keeper.changed(at, node);
    },
    onRequest: { open: (params, at, node) => answerOpen(params, at, node, memory) },
  };
}
