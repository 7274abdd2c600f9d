import { CodedError } from '../base/errors.ts';
import { LINE_BYTES_MAX, RPC_PENDING_MAX } from '../base/limits.ts';

/** The errors an RpcPeer makes by itself. */

/** @param why what ended the connection, for `fields.reason`. */
export function closedError(why: string, cause?: unknown): CodedError {
  return new CodedError('rpc_closed', `the connection is closed: ${why}`, { fields: { reason: why }, cause });
}

export function busyError(what: string): CodedError {
  return new CodedError('rpc_busy', `${RPC_PENDING_MAX} ${what}`, { fields: { pendingMax: RPC_PENDING_MAX } });
}

export function tooLongError(method: string): CodedError {
  const fields = { method, bytesMax: LINE_BYTES_MAX };
  return new CodedError('line_too_long', `${method} does not fit in one line`, { fields });
}

export function unknownMethodError(method: string): CodedError {
  return new CodedError('unknown_method', `there is no method ${method}`, { fields: { method } });
}
