// Keep the interested leads as customers, with amqplib and Node's own SQLite.

import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import amqp from 'amqplib';

const TYPES = ['lead_interested_created', 'lead_not_interested_created', 'lead_erased'];
const QUEUE = 'billing.leads';
const ARGUMENTS = {
  'x-queue-type': 'quorum',
  'x-delivery-limit': 1e6, // what cannot be stored just now comes again
  'x-max-length-bytes': 2 ** 30, // too long: the oldest go
  'x-expires': 14 * 24 * 3600 * 1000, // unread for two weeks: it goes
};

const database = new DatabaseSync('billing.db'); // a statement, a transaction
database.exec(`CREATE TABLE IF NOT EXISTS customers (lead_id PRIMARY KEY, email, rev);
  CREATE TABLE IF NOT EXISTS set_aside (body PRIMARY KEY, reason)`);
// Only the newer: so what comes again, and what comes late, has no effect.
const take = database.prepare(`REPLACE INTO customers SELECT ?1, ?2, ?3
  WHERE NOT EXISTS (SELECT * FROM customers WHERE lead_id = ?1 AND rev >= ?3)`);
const setAside = database.prepare('INSERT OR IGNORE INTO set_aside VALUES (?, ?)');
const forget = database.prepare('DELETE FROM set_aside WHERE instr(body, ?)');

function handle({ type, data }) {
  if (!TYPES.includes(type)) return; // a replay may bring every type
  const { lead, work } = data;
  if (type === 'lead_erased') forget.run(Buffer.from(lead.id));
  // Nothing is newer than an erasure. Without an email: no customer, or no more.
  take.run(lead.id, lead.email ?? null, type === 'lead_erased' ? 2 ** 53 : (work ?? lead).rev);
}

function settle(body) {
  try {
    handle(JSON.parse(body));
  } catch (error) {
    if (error.code === 'ERR_SQLITE_ERROR') throw error; // no fault of the message: it comes again
    setAside.run(body, error.name);
  }
}

async function consume() {
  const connection = await amqp.connect(process.env.AMQP_URL, { timeout: 10_000 });
  try {
    connection.on('error', () => {}); // 'close' follows
    const channel = await connection.createChannel();
    await channel.prefetch(20);
    await channel.assertQueue(QUEUE, { durable: true, arguments: ARGUMENTS });
    for (const type of TYPES) await channel.bindQueue(QUEUE, 'leadwire.events', type);
    await channel.bindQueue(QUEUE, 'leadwire.directed', QUEUE); // allows replays
    await new Promise((_, end) => {
      connection.once('close', end);
      channel.on('error', end);
      const take = (message) => {
        try {
          settle(message.content); // of null, when the queue was deleted: from the start
          channel.ack(message);
        } catch (error) {
          end(error);
        }
      };
      channel.consume(QUEUE, take).catch(end);
    });
  } finally {
    await connection.close().catch(() => {});
  }
}

for (;;) {
  await consume().catch((error) => console.error('from the start:', error?.message));
  await pause(2000);
}
