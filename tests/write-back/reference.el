;;; reference.el --- where Babel puts the results of the cases here  -*- lexical-binding: t -*-

;; emacs -Q --batch -L ORG -l tests/write-back/reference.el [DIRECTORY]
;;
;; Beside each NAME.org stands NAME.json, a list of values: one for each source block, in document order. Every block
;; is evaluated by Babel itself, with a language that returns the value; the text that comes out is NAME.out.
;; `:cache yes' hashes are replaced by HASH, because each program computes its own.

(require 'org)
(require 'ob-core)
(require 'json)

(defconst here (expand-file-name (or (pop command-line-args-left)
                                     (file-name-directory (or load-file-name buffer-file-name)))))

(setq org-confirm-babel-evaluate nil
      make-backup-files nil
      create-lockfiles nil
      inhibit-message t)

(defvar given nil "The value the next block returns.")

(defun as-text (value)
  "VALUE of JSON as text: strings as they are."
  (cond ((stringp value) value)
        ((eq value t) "true")
        ((eq value :false) "false")
        ((eq value :null) "nil")
        ((hash-table-p value) (json-text value))
        ((vectorp value) (json-text value))
        (t (json-text value))))

(defun json-text (value)
  (json-serialize value :null-object :null :false-object :false))

(defun records-p (value)
  (and (> (length value) 0) (seq-every-p #'hash-table-p value)))

(defun as-lisp (value)
  "VALUE of JSON as Babel gets it."
  (cond ((eq value :null) nil)
        ((hash-table-p value)
         (let (rows) (maphash (lambda (k v) (push (list k (as-text v)) rows)) value) (nreverse rows)))
        ((and (vectorp value) (records-p value))
         (let (keys)
           (seq-do (lambda (r) (maphash (lambda (k _) (unless (member k keys) (push k keys))) r)) value)
           (setq keys (nreverse keys))
           (append (list keys 'hline)
                   (seq-map (lambda (r) (mapcar (lambda (k) (as-text (gethash k r ""))) keys)) value))))
        ((vectorp value)
         (seq-map (lambda (e) (if (vectorp e) (seq-map #'as-text e) (as-text e))) value))
        (t (as-text value))))

(defun org-babel-execute:js (_body params)
  (let ((words (cdr (assq :result-params params))))
    (cond ((eq given :null) nil)
          ((and (seq-intersection words '("scalar" "verbatim" "code" "pp"))
                (not (stringp given)))
           (if (seq-intersection words '("code" "pp")) (pretty given) (json-text given)))
          (t (as-lisp given)))))

(defun pretty (value)
  (with-temp-buffer (insert (json-text value)) (json-pretty-print-buffer) (buffer-string)))

(defun case-out (name)
  (let* ((org (expand-file-name (concat name ".org") here))
         (values (with-temp-buffer
                   (insert-file-contents (expand-file-name (concat name ".json") here))
                   (json-parse-buffer :null-object :null :false-object :false)))
         (copy (expand-file-name "case.org" (make-temp-file "write" t)))
         (default-directory (file-name-directory copy))
         (coding-system-for-read 'utf-8) (coding-system-for-write 'utf-8))
    (copy-file org copy)
    (with-current-buffer (find-file-noselect copy)
      ;; From the last to the first, because a result may be a block of the same language.
      (dolist (i (nreverse (number-sequence 0 (1- (length values)))))
        (setq given (aref values i))
        (goto-char (point-min))
        (let ((n -1))
          (while (and (< n i) (re-search-forward "^[ \t]*#\\+begin_src js\\_>" nil t))
            (setq n (1+ n))))
        (beginning-of-line)
        (org-babel-execute-src-block))
      (goto-char (point-min))
      (while (re-search-forward "^[ \t]*#\\+RESULTS\\[\\([0-9a-f]+\\)\\]" nil t) (replace-match "HASH" t t nil 1))
      ;; As saving the buffer would.
      (goto-char (point-max))
      (unless (bolp) (insert "\n"))
      (write-region nil nil (expand-file-name (concat name ".out") here) nil 'quiet)
      (set-buffer-modified-p nil)
      (kill-buffer))))

(dolist (file (directory-files here nil "\\.org\\'"))
  (condition-case error (case-out (file-name-base file))
    (error (message "%s: %S" file error) (princ (format "%s: %S\n" file error) #'external-debugging-output))))
