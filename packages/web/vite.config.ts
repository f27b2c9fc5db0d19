import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The page is served under `default-src 'self'`: nothing may be inlined as a data URL, and no script may stand in the page itself.
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rolldownOptions: {
      output: {
        // What changes rarely is cached apart from what changes with every release.
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/ },
            { name: 'markdown', test: /node_modules/ },
          ],
        },
      },
    },
  },
});
