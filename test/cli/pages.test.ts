import t from 'tap';
import type { JsonObject } from '../../src/base/json.ts';
import { everyPage } from '../../src/cli/pages.ts';
import type { Session } from '../../src/cli/session.ts';

t.test('a list of more than a page is read to its end', async (t) => {
  const names = Array.from({ length: 600 }, (_, at) => `door-${String(at).padStart(3, '0')}`);
  const asked: JsonObject[] = [];
  const session: Session = {
    isNodeRunning: true,
    call: async (method, params) => {
      t.equal(method, 'door.list');
      asked.push(params);
      const from = params.after === undefined ? 0 : names.indexOf(String(params.after)) + 1;
      return { doors: names.slice(from, from + 256).map((door) => ({ door })), more: from + 256 < names.length };
    },
    close: async () => {},
  };
  const doors = await everyPage(session, 'door.list', 'doors', 'door');
  t.same(
    doors.map(({ door }) => door),
    names,
  );
  t.same(asked, [{}, { after: 'door-255' }, { after: 'door-511' }]);
});
