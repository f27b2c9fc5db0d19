import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { takeToken } from './app/boot.ts';
import { App } from './components/app.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id "root"');
// Before anything else, so that the token stands in the address for as short a time as can be.
const token = takeToken();
createRoot(root).render(
  <StrictMode>
    <App token={token} />
  </StrictMode>,
);
