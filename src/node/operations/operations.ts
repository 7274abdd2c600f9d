import { ARCHIVE_OPERATIONS } from './archive-operations.ts';
import { BADGE_OPERATIONS } from './badge-operations.ts';
import { DEVICE_OPERATIONS } from './device-operations.ts';
import { DOOR_OPERATIONS } from './door-operations.ts';
import { ERASE_OPERATIONS } from './erase-operations.ts';
import { GUEST_OPERATIONS } from './guest-operations.ts';
import { IMPORT_OPERATIONS } from './import-operations.ts';
import { LARGE_OPERATIONS } from './large-operations.ts';
import { LOG_OPERATIONS } from './log-operations.ts';
import { MEMBER_OPERATIONS } from './member-operations.ts';
import type { Operations } from './operation.ts';
import { PLAN_OPERATIONS } from './plan-operations.ts';
import { SPACE_OPERATIONS } from './space-operations.ts';
import { TIME_OPERATIONS } from './time-operations.ts';

export const OPERATIONS: Operations = Object.freeze({
  ...SPACE_OPERATIONS,
  ...MEMBER_OPERATIONS,
  ...PLAN_OPERATIONS,
  ...GUEST_OPERATIONS,
  ...BADGE_OPERATIONS,
  ...IMPORT_OPERATIONS,
  ...DOOR_OPERATIONS,
  ...DEVICE_OPERATIONS,
  ...TIME_OPERATIONS,
  ...LOG_OPERATIONS,
  ...ARCHIVE_OPERATIONS,
  ...ERASE_OPERATIONS,
  ...LARGE_OPERATIONS,
});
