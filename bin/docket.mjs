// What bin/docket runs. Plain JavaScript, because the compile cache serves only what is loaded once it is on: stripping types and
// compiling is three quarters of what a short command costs. It lies beside the packages, because in a shared temporary folder others
// could put code there; where it cannot be written, every start costs what the first one does.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

const compileCache = fileURLToPath(new URL('../node_modules/.cache/node', import.meta.url));
enableCompileCache(compileCache);
// Threads have one only if the environment says so; without, each that parses mail starts with 0.2 s of compiling.
process.env.NODE_COMPILE_CACHE ??= compileCache;

await import('../src/main.ts');
