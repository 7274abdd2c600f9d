import { DOOR_OPERATIONS } from './door-operations.ts';
import { LOG_OPERATIONS } from './log-operations.ts';
import { MEMBER_OPERATIONS } from './member-operations.ts';
import type { Operations } from './operation.ts';
import { SPACE_OPERATIONS } from './space-operations.ts';

export const OPERATIONS: Operations = Object.freeze({
  ...SPACE_OPERATIONS,
  ...MEMBER_OPERATIONS,
  ...DOOR_OPERATIONS,
  ...LOG_OPERATIONS,
});
