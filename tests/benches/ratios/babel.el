;; Runs every block of the file named last on the command line, as `C-c C-v b` does, and saves it. Arguments: python, file.
(require 'org)
(setq org-confirm-babel-evaluate nil
      org-babel-python-command (pop command-line-args-left))
(org-babel-do-load-languages 'org-babel-load-languages '((js . t) (python . t) (C . t) (shell . t) (sqlite . t)))
(find-file (pop command-line-args-left))
(org-babel-execute-buffer)
(save-buffer)
