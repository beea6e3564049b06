;;; reference.el --- the cases here as Org aligns them  -*- lexical-binding: t -*-

;; emacs -Q --batch -L ORG -l tests/format/reference.el [DIRECTORY]
;;
;; Writes NAME.out beside each NAME.org: every table aligned by `org-table-align', every property drawer indented by
;; `org-indent-drawer'.

(require 'org)

(defconst here (expand-file-name (or (pop command-line-args-left)
                                     (file-name-directory (or load-file-name buffer-file-name)))))

(defun align-all ()
  (goto-char (point-min))
  (while (re-search-forward "^[ \t]*\\(|\\|:PROPERTIES:[ \t]*$\\)" nil t)
    (beginning-of-line)
    (let ((type (org-element-type (org-element-at-point))))
      (cond ((memq type '(table table-row))
             (org-table-align)
             (goto-char (org-table-end)))
            ((eq type 'property-drawer)
             (let ((end (copy-marker (org-element-end (org-element-at-point)))))
               (org-indent-drawer)
               (goto-char end)))
            (t (forward-line))))))

(dolist (file (directory-files here t "\\.org\\'"))
  (let ((inhibit-message t) (coding-system-for-read 'utf-8-unix) (coding-system-for-write 'utf-8-unix))
    (with-temp-buffer
      (insert-file-contents file)
      (org-mode)
      (align-all)
      (write-region nil nil (concat (file-name-sans-extension file) ".out") nil 'quiet))))
