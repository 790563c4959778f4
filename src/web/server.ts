import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { Knex } from 'knex';
import { errorCode, PermanentError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { HealthQueue } from '../store/health.ts';
import { isInsider } from './insider.ts';
import { createMetricsPage } from './metrics.ts';
import { checkReadiness, type JobBackend, type Readiness } from './readiness.ts';
import { shareFor } from './share-for.ts';

export interface WebOptions {
  db: Knex;
  queues: JobBackend;
  /** The queues this process works; readiness answers for these only. */
  workedQueues: readonly HealthQueue[];
  version: string;
  /** Opens /metrics and the details of /readyz to other machines; null: to this one only. */
  metricsToken: string | null;
  /** The address people reach us under, as far as it is known. */
  publicUrl: string | null;
  log: Log;
}

export interface WebServer {
  listen(host: string, port: number): Promise<{ url: string }>;
  /** Takes no more connections, and ends those still open after `graceMs`. Not ready from its first moment on. */
  close(graceMs: number): Promise<void>;
}

export interface WebApp {
  routes: Hono<WebEnvironment>;
  /** From now on /readyz says that this process is on its way out. */
  stopping(): void;
}

/** What the Node adapter passes along with a request. */
interface WebEnvironment {
  Bindings: { incoming?: { socket: { remoteAddress?: string | undefined } } };
}

/** Many probes at once cost as much as one a second. */
const SHARED_MS = 1000;

export function createWebServer(options: WebOptions): WebServer {
  const app = createWebApp(options);
  const server = createAdaptorServer({ fetch: app.routes.fetch }) as Server;

  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.once('error', (cause) => reject(cannotListen(host, port, cause)));
        server.listen(port, host, () => {
          const address = server.address();
          const boundPort = typeof address === 'object' && address !== null ? address.port : port;
          resolve({ url: `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}` });
        });
      }),

    close(graceMs) {
      app.stopping();
      return new Promise((resolve) => {
        // Connections kept alive would hold the server open for seconds (stack-facts.md §9).
        const timer = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    },
  };
}

function cannotListen(host: string, port: number, cause: unknown): PermanentError {
  const code = errorCode(cause);
  const advice = code === 'EADDRINUSE' ? 'another program has that port' : code;
  return new PermanentError(
    'HTTP_LISTEN',
    `Cannot listen on ${host}, port ${port}: ${advice}. Set HTTP_HOST or HTTP_PORT.`,
    {
      cause,
    },
  );
}

/** Routes without a socket, for tests as for the server. */
export function createWebApp(options: WebOptions): WebApp {
  const { log, metricsToken } = options;
  const readiness = shareFor(SHARED_MS, () => checkReadiness(options));
  const metrics = createMetricsPage(options);
  const metricsText = shareFor(SHARED_MS, metrics.text);
  let stopping = false;
  let wasReady = true;

  function noteReadiness({ ready, checks }: Readiness): void {
    if (ready === wasReady) return;
    wasReady = ready;
    const failed = checks.filter(({ ok }) => !ok).map(({ name }) => name);
    if (ready) log.info('readiness.regained');
    else log.error('readiness.lost', { checks: failed.join(' ') });
  }

  const asksInside = (c: Context<WebEnvironment>) =>
    isInsider(
      { remoteAddress: c.env?.incoming?.socket.remoteAddress, header: (name) => c.req.header(name) },
      metricsToken,
    );

  const routes = new Hono<WebEnvironment>();
  routes.use(securityHeaders(options.publicUrl));
  routes.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
  });

  routes.get('/', (c) => c.text('Docket takes its work by mail; there is nothing to see here yet.\n'));

  /** Answering at all is the answer. */
  routes.get('/healthz', (c) => c.json({ status: 'alive' }));

  routes.get('/readyz', async (c) => {
    if (stopping) return c.json({ status: 'stopping' }, 503);
    const { ready, checks } = await readiness();
    noteReadiness({ ready, checks });
    const status = ready ? 'ready' : 'not-ready';
    return c.json(asksInside(c) ? { status, checks } : { status }, ready ? 200 : 503);
  });

  routes.get('/metrics', async (c) => {
    if (asksInside(c)) return c.body(await metricsText(), 200, { 'Content-Type': metrics.contentType });
    if (metricsToken === null) return c.notFound();
    return c.text('A bearer token is needed.\n', 401, { 'WWW-Authenticate': 'Bearer realm="docket"' });
  });

  routes.notFound((c) => c.text('There is nothing here.\n', 404));
  routes.onError((error, c) => {
    log.error('web.failed', { code: errorCode(error), path: c.req.routePath });
    return c.text('Something went wrong.\n', 500);
  });

  return {
    routes,
    stopping: () => {
      stopping = true;
    },
  };
}

/** Strict-Transport-Security only where people do come by https: it cannot be taken back. */
function securityHeaders(publicUrl: string | null) {
  return secureHeaders({
    contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    strictTransportSecurity: publicUrl?.startsWith('https:') ? 'max-age=15552000' : false,
  });
}
