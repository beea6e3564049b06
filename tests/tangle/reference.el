;;; reference.el --- what org-babel-tangle makes of the cases here  -*- lexical-binding: t -*-

;; emacs -Q --batch -L ORG -l tests/tangle/reference.el
;;
;; Writes NAME.files beside each NAME.org: every file that tangling gives, with its permission bits. The cases are
;; tangled in a directory of their own. Languages are those that Org loads by itself, but for variables.org, which is
;; about those it has to be told to load; file extensions are those of all.

(require 'org)
(require 'ob-tangle)

(defconst here (file-name-directory (or load-file-name buffer-file-name)))

(defun tangled (case)
  "The golden text of CASE."
  (let* ((top (file-name-as-directory (make-temp-file "tangle" t)))
         (folder (expand-file-name "place/" top))
         (default-directory folder)
         (inhibit-message t)
         (make-backup-files nil)
         (python-indent-guess-indent-offset nil)
         (org-babel-tangle-lang-exts
          (append '(("python" . "py") ("C++" . "cpp") ("latex" . "tex") ("perl" . "pl")) org-babel-tangle-lang-exts)))
    (make-directory folder)
    (copy-file (expand-file-name case here) folder)
    (with-current-buffer (find-file-noselect (expand-file-name case folder))
      ;; `:mkdirp' is the caller's; make every directory so that the text can be seen.
      (dolist (file (nreverse (org-babel-tangle)))
        (setq file (expand-file-name file))
        (princ (format "==== %s %o\n" (file-relative-name file folder) (file-modes file)))
        (princ (with-temp-buffer (insert-file-contents file) (buffer-string))))
      (kill-buffer))
    (delete-directory top t)))

(dolist (case (directory-files here nil "\\.org\\'"))
  (let ((standard-output (generate-new-buffer "out"))
        (coding-system-for-write 'utf-8-unix))
    (when (equal case "variables.org")
      (org-babel-do-load-languages
       'org-babel-load-languages
       '((python . t) (shell . t) (js . t) (C . t) (ruby . t) (perl . t) (lua . t) (sql . t) (awk . t)))
      ;; Babel asks which shell the user has; here it is the block's.
      (setq shell-file-name "/bin/sh")
      (advice-add 'org-babel-variable-assignments:bash :around
                  (lambda (f params) (let ((shell-file-name "/bin/bash")) (funcall f params)))))
    (tangled case)
    (with-current-buffer standard-output
      (write-region nil nil (expand-file-name (concat (file-name-base case) ".files") here) nil 'quiet))))
