import { openSync } from 'node:fs';
import t from 'tap';
import { AssertionFailure, assert } from '../../src/base/assert.ts';
import { CodedError, codeOf, messageOf } from '../../src/base/errors.ts';

t.test('a coded error carries what it was given', async (t) => {
  const cause = new TypeError('below');
  const fields = { path: '/x', line: 3, whole: false, none: null };
  const error = new CodedError('some_code', 'what happened', { fields, cause, advice: 'do this' });
  t.match(error, { name: 'CodedError', code: 'some_code', message: 'what happened', fields, advice: 'do this' });
  t.equal(error.cause, cause);
  t.ok(error instanceof Error);
  t.match(error.stack, /errors\.test/);
});

t.test('what was not given is absent', async (t) => {
  const error = new CodedError('some_code', 'what happened');
  t.strictSame(error.fields, {});
  t.equal(error.advice, undefined);
  t.notOk(Object.hasOwn(error, 'cause'), 'no cause is not the cause undefined');
});

t.test('the code of whatever was thrown', async (t) => {
  t.equal(codeOf(new CodedError('some_code', '')), 'some_code');
  try {
    openSync(`${import.meta.filename}/nothing`, 'r');
    t.fail('a file is no folder');
  } catch (error) {
    t.equal(codeOf(error), 'ENOTDIR');
  }
  for (const other of [new Error('plain'), Object.assign(new Error(''), { code: 7 }), 'text', null, undefined, {}]) {
    t.equal(codeOf(other), undefined);
  }
});

t.test('the words of whatever was thrown', async (t) => {
  t.equal(messageOf(new RangeError('too far')), 'too far');
  t.equal(messageOf('text'), 'text');
  t.equal(messageOf(undefined), 'undefined');
});

t.test('an assertion is no coded error', async (t) => {
  t.doesNotThrow(() => assert(1, 'truthy'));
  for (const value of [false, 0, '', null, undefined]) {
    t.throws(() => assert(value, 'the sky is up'), { name: 'AssertionFailure', message: 'the sky is up' });
  }
  t.notOk(new AssertionFailure('x') instanceof CodedError);
});
