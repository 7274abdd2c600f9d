import { codeOf } from '../../base/errors.ts';

/** Whether a process of this number lives on this machine; one of another user does. */
export function isProcessAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}
