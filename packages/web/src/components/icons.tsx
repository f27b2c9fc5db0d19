import type { ReactNode } from 'react';

// Drawn on a grid of 20, in the colour of the text around; each is decoration beside a word or a label.
function Icon({ children, className }: { children: ReactNode; className?: string | undefined }): ReactNode {
  return (
    <svg
      className={className === undefined ? 'icon' : `icon ${className}`}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const MenuIcon = (): ReactNode => (
  <Icon>
    <path d="M3.5 6h13M3.5 10h13M3.5 14h13" />
  </Icon>
);
export const CloseIcon = (): ReactNode => (
  <Icon>
    <path d="m5 5 10 10M15 5 5 15" />
  </Icon>
);
export const PlusIcon = (): ReactNode => (
  <Icon>
    <path d="M10 4v12M4 10h12" />
  </Icon>
);
export const PencilIcon = (): ReactNode => (
  <Icon>
    <path d="m12.5 4.5 3 3L7 16H4v-3zM10.8 6.2l3 3" />
  </Icon>
);
export const TrashIcon = (): ReactNode => (
  <Icon>
    <path d="M4 6h12M8 6V4h4v2M5.5 6l.7 10h7.6l.7-10M8.5 9v4M11.5 9v4" />
  </Icon>
);
export const SendIcon = (): ReactNode => (
  <Icon>
    <path d="M10 16V4.5M5 9l5-5 5 5" />
  </Icon>
);
export const StopIcon = (): ReactNode => (
  <Icon>
    <rect x="5.5" y="5.5" width="9" height="9" rx="1.5" fill="currentColor" stroke="none" />
  </Icon>
);
export const CopyIcon = (): ReactNode => (
  <Icon>
    <rect x="7" y="7" width="9.5" height="9.5" rx="2" />
    <path d="M13 4.8A1.8 1.8 0 0 0 11.2 3.5H5.3a1.8 1.8 0 0 0-1.8 1.8v5.9A1.8 1.8 0 0 0 4.8 13" />
  </Icon>
);
export const CheckIcon = (): ReactNode => (
  <Icon>
    <path d="m4.5 10.5 3.5 3.5 7.5-8" />
  </Icon>
);
export const ChevronIcon = (): ReactNode => (
  <Icon className="chevron">
    <path d="m7.5 5 5 5-5 5" />
  </Icon>
);
export const DownIcon = (): ReactNode => (
  <Icon>
    <path d="M10 4v11.5M5 11l5 5 5-5" />
  </Icon>
);
export const FileIcon = (): ReactNode => (
  <Icon>
    <path d="M5 3h6.5L15 6.5V17H5zM11 3v4h4" />
  </Icon>
);
export const EditFileIcon = (): ReactNode => (
  <Icon>
    <path d="M10 17H5V3h6.5L15 6.5V8M11 3v4h3M16.5 11.5 12 16l-2 .5.5-2L15 10z" />
  </Icon>
);
export const TerminalIcon = (): ReactNode => (
  <Icon>
    <rect x="2.5" y="3.5" width="15" height="13" rx="2.5" />
    <path d="m5.8 7.5 2.7 2.5-2.7 2.5M10.5 12.5h3.7" />
  </Icon>
);
export const SearchIcon = (): ReactNode => (
  <Icon>
    <circle cx="9" cy="9" r="5" />
    <path d="m13 13 3.5 3.5" />
  </Icon>
);
export const ToolIcon = (): ReactNode => (
  <Icon>
    <path d="M7 3v4M13 3v4M5 7h10v3a5 5 0 0 1-10 0zM10 15v2.5" />
  </Icon>
);
export const WarningIcon = (): ReactNode => (
  <Icon>
    <path d="M10 3.5 17.5 16h-15zM10 8.5v3.5M10 14.2v.1" />
  </Icon>
);
export const HandIcon = (): ReactNode => (
  <Icon>
    <path d="M10 2.8 4 5v4.6c0 3.7 2.5 6.3 6 7.6 3.5-1.3 6-3.9 6-7.6V5z" />
    <path d="M10 7v3.5M10 13.1v.1" />
  </Icon>
);
export const ClockIcon = (): ReactNode => (
  <Icon>
    <circle cx="10" cy="10" r="7" />
    <path d="M10 6v4l2.8 1.8" />
  </Icon>
);
export const SpinnerIcon = (): ReactNode => (
  <Icon className="spinner">
    <path d="M10 3a7 7 0 1 1-7 7" />
  </Icon>
);
