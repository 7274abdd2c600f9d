import type { AgentDefinition } from '../../sdk/agent.ts';
import type { AgentNode } from '../../sdk/agent-node.ts';
import type { Moment } from '../../sdk/moment.ts';
import { KINDS, NAME, VERSION } from '../identity.ts';
import { ALARM_TIMER, AlarmBook } from './alarm-book.ts';
import { answerBadge } from './badge.ts';
import { isMemberDenial, ownChange } from './changes.ts';
import { Contacts, HELD_PREFIX } from './contacts.ts';
import { EXIT_PREFIX, ExitButtons } from './exits.ts';
import { Keeper, MINUTE_TIMER } from './keeper.ts';
import { Memory } from './memory.ts';
import { ENFORCE_TIMER, Enforcer } from './orders.ts';
import { Releases } from './releases.ts';
import { answerOpen, answerShut } from './request.ts';
import { SAY_TIMER, Shown } from './shown.ts';
import { WiresHeard } from './wires-heard.ts';

/** Everything an agent has in memory. */
class Parts {
  readonly memory = new Memory();
  readonly releases = new Releases();
  readonly keeper = new Keeper(this.memory);
  readonly enforcer = new Enforcer(this.keeper);
  readonly alarms: AlarmBook = new AlarmBook((node) => this.shown.again(node));
  readonly shown: Shown = new Shown((door) => this.alarms.standing(door));
  readonly exits = new ExitButtons(this);
  readonly contacts = new Contacts(this);
  readonly heard = new WiresHeard(this);
}

/** The acting half of dapp `door`. Each has a memory of its own, as long as its process lives. */
export function doorAgent(): AgentDefinition {
  const parts = new Parts();
  const { memory, keeper, enforcer, alarms, heard } = parts;

  return {
    name: NAME,
    version: VERSION,
    kinds: KINDS,
    onStart: async (node) => {
      await alarms.start(node);
      await keeper.start(node);
      // What an earlier life of this agent has opened may have been shut by order since.
      await node.schedule(ENFORCE_TIMER, 1);
    },
    onEvent: {
      'badge/+': (event, node) => answerBadge(event, node, parts),
      'input/+': (event, node) => heard.hear(event, node),
      'output/+': (event, node) => heard.hear(event, node),
      'reader/+': (event, node) => heard.hear(event, node),
    },
    onTimer: (timer, at, node) => onTimer(parts, timer, at, node),
    onChanged: async (dapp, keys, at, node) => {
      const { isDenial, isSetting, isDoor } = dapp === NAME ? ownChange(keys) : NO_CHANGE;
      if (isDenial || (dapp === 'membership' && isMemberDenial(keys))) memory.denialArrived();
      if (isDenial) await enforcer.enforce(at, node);
      if (isSetting) await keeper.changed(at, node);
      if (dapp === NAME) await alarms.changed(keys, at, node);
      if (isDoor) await heard.review(at, node);
    },
    onRequest: {
      open: (params, at, node) => answerOpen(params, at, node, parts),
      shut: (params, _at, node) => answerShut(params, node, parts),
    },
  };
}

const NO_CHANGE = { isDenial: false, isSetting: false, isDoor: false };

async function onTimer(parts: Parts, timer: string, at: Moment, node: AgentNode): Promise<void> {
  const { keeper, enforcer, alarms, shown, exits, contacts } = parts;
  if (timer === MINUTE_TIMER) await keeper.minute(at, node);
  else if (timer === ENFORCE_TIMER) await enforcer.retry(at, node);
  else if (timer === ALARM_TIMER) await alarms.step(at, node);
  else if (timer === SAY_TIMER) await shown.retry(node);
  else if (timer.startsWith(EXIT_PREFIX)) await exits.look(timer.slice(EXIT_PREFIX.length), at, node);
  else if (timer.startsWith(HELD_PREFIX)) await contacts.heldOpen(timer.slice(HELD_PREFIX.length), at, node);
  else await keeper.renew(at, node);
}
