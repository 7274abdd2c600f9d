import { serveAgent } from '../sdk/agent.ts';
import { answerBadge } from './badge.ts';
import { KINDS, NAME, VERSION } from './identity.ts';

serveAgent({ name: NAME, version: VERSION, kinds: KINDS, onEvent: { 'badge/+': answerBadge } });
