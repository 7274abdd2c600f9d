import { CodedError } from '../base/errors.ts';
import type { ProgramExit } from './runner.ts';

const CODES: Readonly<Record<string, string>> = {
  rpc_timeout: 'dapp_timeout',
  rpc_closed: 'dapp_exited',
  rpc_overflow: 'dapp_overflow',
  line_too_long: 'dapp_overflow',
};

/**
 * What a failed program is reported as: dapp_timeout, dapp_exited, dapp_overflow or dapp_protocol, with fields dapp,
 * reason, exitCode and signal. The signal may be our own, when it had to be killed.
 */
export function dappFault(dapp: string, error: CodedError, exit: ProgramExit): CodedError {
  const code = error.code.startsWith('dapp_') ? error.code : (CODES[error.code] ?? 'dapp_protocol');
  return new CodedError(code, `${dapp} failed: ${error.message}`, {
    fields: { reason: error.code, ...error.fields, dapp, exitCode: exit.code, signal: exit.signal },
    cause: error,
  });
}

/** An answer that is not what the protocol asks for. */
export function dappProtocolFault(reason: string): CodedError {
  return new CodedError('dapp_protocol', `not an answer of the protocol: ${reason}`, { fields: { reason } });
}
